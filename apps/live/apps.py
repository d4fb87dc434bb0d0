from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "apps.live"
    label = "live"

    def ready(self) -> None:
        from apps.capture import categories
        from apps.capture.streaming import permission
        from apps.live import receivers  # noqa: F401 (importing it connects it)
        from apps.live.admission import may_follow_events
        from apps.live.audit import INVARIANTS
        from apps.live.feed import CATEGORIES
        from apps.wallet import audit

        audit.register(*INVARIANTS)
        permission.viewers.append(may_follow_events)
        categories.register({name: category.value for name, category in CATEGORIES.items()})
