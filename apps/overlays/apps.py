from django.apps import AppConfig


class OverlaysConfig(AppConfig):
    name = "apps.overlays"
    label = "overlays"

    def ready(self) -> None:
        from apps.capture.streaming import permission
        from apps.overlays.selectors import may_watch

        permission.viewers.append(may_watch)
