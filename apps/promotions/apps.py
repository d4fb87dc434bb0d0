from django.apps import AppConfig


class PromotionsConfig(AppConfig):
    name = "apps.promotions"
    label = "promotions"

    def ready(self) -> None:
        from apps.promotions.audit import INVARIANTS
        from apps.wallet import audit

        audit.register(*INVARIANTS)
