"""Playlists."""

from typing import Any

from apps.contract import inputs
from apps.contract.answers import ContractValue, Refused
from apps.contract.endpoint import OPTIONAL, Endpoint
from apps.contract.fields import IdField, ObjectsField, TextField
from apps.contract.throttle import Rate
from apps.contract.urls import media_url
from apps.users.callers import Caller
from apps.videos import playlists
from apps.videos.posted import is_id
from apps.videos.services import playlists as services


class AddPlaylist(Endpoint):
    """Make a playlist of own videos, or with `id` replace its name and all its videos."""

    group = "playlists"
    throttle = Rate.WRITE
    answer = playlists.PlaylistRecord

    class Input(inputs.Input):
        id = IdField(required=False, help_text="an own playlist, to replace it")
        name = TextField(max_length=100)
        videos = ObjectsField(help_text="[{video_id, order}], the full list")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        playlist_id = services.save(
            user_id=caller.id,
            playlist_id=data.get("id"),
            name=data["name"],
            video_ids=in_order(data["videos"]),
        )
        return playlists.record(
            playlist_id=playlist_id, viewer_id=caller.id, media_url=media_url(self.request)
        )


def in_order(items: list[dict[str, Any]]) -> list[int]:
    """The videos' ids by their `order`. Raises Refused for what is no id."""
    places: list[tuple[int, int]] = []
    for place, item in enumerate(items):
        video_id, order = str(item.get("video_id")), str(item.get("order", place))
        if not is_id(video_id):
            raise Refused("Videos: a list of video_id and order is needed.")
        places.append((int(order) if is_id(order) else place, int(video_id)))
    places.sort(key=lambda pair: pair[0])
    return [video_id for _, video_id in places]


class ShowPlaylists(Endpoint):
    """One playlist with its videos in their order; a person's playlists are in showUserDetail."""

    group = "playlists"
    auth = OPTIONAL
    answer = playlists.PlaylistRecord

    class Input(inputs.Input):
        id = IdField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        record = playlists.record(
            playlist_id=data["id"], viewer_id=caller.id, media_url=media_url(self.request)
        )
        if record is None:
            raise Refused("This playlist is not available.")
        return record


class DeletePlaylist(Endpoint):
    """Delete an own playlist. Its videos stay."""

    group = "playlists"
    throttle = Rate.WRITE
    answer = "success"

    class Input(inputs.Input):
        id = IdField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        services.delete(user_id=caller.id, playlist_id=data["id"])
        return "success"


class DeletePlaylistVideo(DeletePlaylist):
    """Take a video out of an own playlist; `id` is PlaylistVideo's."""

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        services.remove(user_id=caller.id, entry_id=data["id"])
        return "success"
