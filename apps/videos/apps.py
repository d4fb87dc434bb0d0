from django.apps import AppConfig


class VideosConfig(AppConfig):
    name = "apps.videos"
    label = "videos"

    def ready(self) -> None:
        from apps.users.services.deletion import before_purge
        from apps.videos.services.leaving import leave

        before_purge.append(leave)
