from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "apps.operations"
    label = "operations"

    def ready(self) -> None:
        from apps.operations import signs  # noqa: F401 (beat's signals)
        from config import observers

        observers.start()
