"""One playlist with its videos, as far as the viewer may see them.

Android reads the author and the sound inside Video and crashes on a missing list.
"""

import orjson

from apps.contract.shapes import Field, Shape, fetch_one_json, integer, nested
from apps.users.people.lists import may_see_lists
from apps.videos.access import MAY_SEE
from apps.videos.models import Playlist
from apps.videos.profile_lists import JOINS
from apps.videos.shapes import PlaylistShape, VideoWithAuthor


class PlaylistEntry(Shape):
    """A video `v` at its place in the playlist."""

    id = integer("id")
    playlist_id = integer("playlist_id")
    video_id = integer("video_id")
    order = integer("position")
    Video = nested(VideoWithAuthor, "v")


class PlaylistRecord(Shape):
    Playlist = nested(PlaylistShape, "pl")
    PlaylistVideo = Field(
        f"""(SELECT coalesce(
                json_agg({PlaylistEntry.sql("pe")} ORDER BY pe.position, pe.id), '[]'::json)
            FROM videos_playlistvideo pe JOIN videos_video v ON v.id = pe.video_id {JOINS}
            WHERE pe.playlist_id = {{t}}.id AND v.state = 'ready' AND NOT v.is_story
                AND {MAY_SEE})""",
        "{source}",
        {"type": "array", "items": PlaylistEntry.schema()},
    )


RECORD_SQL = f"""
    SELECT {PlaylistRecord.sql("pl")} FROM videos_playlist pl WHERE pl.id = %(playlist_id)s"""


def record(*, playlist_id: int, viewer_id: int, media_url: str) -> orjson.Fragment | None:
    """The playlist, or None if there is none that the viewer may see."""
    owner_id = Playlist.objects.filter(pk=playlist_id).values_list("user_id", flat=True).first()
    if owner_id is None or not may_see_lists(owner_id=owner_id, viewer_id=viewer_id):
        return None
    parameters = {"playlist_id": playlist_id, "viewer_id": viewer_id, "media_url": media_url}
    return fetch_one_json(RECORD_SQL, parameters)
