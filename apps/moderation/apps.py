from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "apps.moderation"
    label = "moderation"

    def ready(self) -> None:
        from apps.moderation.reviewer import ModerationReviews
        from apps.moderation.services.verification import remove_document
        from apps.users.services.deletion import before_purge
        from apps.videos import review

        before_purge.append(remove_document)
        review.reviewer = ModerationReviews()
