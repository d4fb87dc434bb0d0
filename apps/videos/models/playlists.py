"""Playlists: videos that their author has put in an order."""

from django.conf import settings
from django.db import models


class Playlist(models.Model):
    """A list of somebody's own videos."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="playlists", db_index=False
    )
    name = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["user", "-id"], name="videos_playlist_by_user")]

    def __str__(self) -> str:
        return self.name


class PlaylistVideo(models.Model):
    """A video's place in a playlist."""

    playlist = models.ForeignKey(Playlist, models.CASCADE, related_name="entries", db_index=False)
    video = models.ForeignKey("videos.Video", models.CASCADE, related_name="playlist_entries")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint("playlist", "video", name="videos_playlistvideo_once")
        ]
        indexes = [
            models.Index(fields=["playlist", "position", "id"], name="videos_playlistvideo_order")
        ]

    def __str__(self) -> str:
        return f"video {self.video_id} in playlist {self.playlist_id}"
