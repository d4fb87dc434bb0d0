from django.apps import AppConfig


class RoomsConfig(AppConfig):
    name = "apps.rooms"
    label = "rooms"

    def ready(self) -> None:
        from apps.rooms import receivers  # noqa: F401 (importing it connects it)
