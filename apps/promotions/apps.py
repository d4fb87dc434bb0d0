from django.apps import AppConfig


class PromotionsConfig(AppConfig):
    name = "apps.promotions"
    label = "promotions"

    def ready(self) -> None:
        from apps.promotions.audit import INVARIANTS
        from apps.promotions.showing import Source
        from apps.videos import promoted
        from apps.wallet import audit

        audit.register(*INVARIANTS)
        promoted.register(Source())
