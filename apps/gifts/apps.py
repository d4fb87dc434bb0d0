from django.apps import AppConfig


class GiftsConfig(AppConfig):
    name = "apps.gifts"
    label = "gifts"

    def ready(self) -> None:
        from apps.gifts.audit import INVARIANTS
        from apps.wallet import audit

        audit.register(*INVARIANTS)
