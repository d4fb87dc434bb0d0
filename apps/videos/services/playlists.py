"""Playlists of one's own videos."""

from django.db import transaction

from apps.contract.answers import Refused
from apps.users.models import User
from apps.videos.models import Playlist, PlaylistVideo, Video

MOST_PLAYLISTS = 100
MOST_VIDEOS = 100
NOT_YOURS = "This playlist is not there, or it is not yours."
OTHERS_VIDEO = "You can only put your own videos into a playlist."
TOO_MANY = f"You can have at most {MOST_PLAYLISTS} playlists."
TOO_LONG = f"A playlist can have at most {MOST_VIDEOS} videos."


@transaction.atomic
def save(*, user_id: int, playlist_id: int | None, name: str, video_ids: list[int]) -> int:
    """Make a playlist of these videos in this order, or replace an own one's; its id.

    Raises Refused for somebody else's playlist or video. Locks the person, or the playlist.
    """
    video_ids = list(dict.fromkeys(video_ids))
    if len(video_ids) > MOST_VIDEOS:
        raise Refused(TOO_LONG)
    own = Video.objects.filter(pk__in=video_ids, user_id=user_id, is_story=False)
    if own.exclude(state=Video.State.DELETED).count() < len(video_ids):
        raise Refused(OTHERS_VIDEO)
    playlist = owned(playlist_id, user_id) if playlist_id else room_for_one(user_id)
    playlist.name = name
    playlist.save(update_fields=["name"] if playlist.pk else None)
    PlaylistVideo.objects.filter(playlist=playlist).delete()
    PlaylistVideo.objects.bulk_create(
        PlaylistVideo(playlist=playlist, video_id=video_id, position=place)
        for place, video_id in enumerate(video_ids, start=1)
    )
    return playlist.pk


def owned(playlist_id: int, user_id: int) -> Playlist:
    locked = Playlist.objects.select_for_update().filter(pk=playlist_id, user_id=user_id).first()
    if locked is None:
        raise Refused(NOT_YOURS)
    return locked


def room_for_one(user_id: int) -> Playlist:
    User.objects.select_for_update(no_key=True).filter(pk=user_id).values_list("pk").first()
    if Playlist.objects.filter(user_id=user_id).count() >= MOST_PLAYLISTS:
        raise Refused(TOO_MANY)
    return Playlist(user_id=user_id)


@transaction.atomic
def delete(*, user_id: int, playlist_id: int) -> None:
    """Delete an own playlist; one that is gone already is no trouble. Its videos stay.

    Raises Refused for somebody else's. Locks the playlist.
    """
    playlist = Playlist.objects.select_for_update().filter(pk=playlist_id).first()
    if playlist is None:
        return
    if playlist.user_id != user_id:
        raise Refused(NOT_YOURS)
    playlist.delete()


@transaction.atomic
def remove(*, user_id: int, entry_id: int) -> None:
    """The same for one entry of an own playlist."""
    entry = PlaylistVideo.objects.select_related("playlist").filter(pk=entry_id).first()
    if entry is None:
        return
    if entry.playlist.user_id != user_id:
        raise Refused(NOT_YOURS)
    entry.delete()
