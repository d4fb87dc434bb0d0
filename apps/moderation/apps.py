from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "apps.moderation"
    label = "moderation"

    def ready(self) -> None:
        from apps.moderation.services.verification import remove_document
        from apps.users.services.deletion import before_purge

        before_purge.append(remove_document)
