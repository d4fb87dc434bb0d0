"""What people do with a video."""

from typing import Any, ClassVar

from apps.contract import inputs
from apps.contract.answers import Answer, ContractValue, Refused
from apps.contract.endpoint import OPTIONAL, Endpoint
from apps.contract.fields import FlagField, IdField, JsonField, TextField
from apps.contract.throttle import Rate
from apps.contract.urls import media_url
from apps.users.callers import Caller
from apps.videos import records, shapes
from apps.videos.services import reactions, watches
from apps.videos.services.watches import Play
from apps.videos.viewers import viewer_of

MAX_PLAYS = 100  # in one batch
MAX_PLAY_S = 24 * 3600
NO_VIDEO = "Video_id: this field is required."
BAD_PLAYS = f"Watch_videos: a list of at most {MAX_PLAYS} plays, each with video_id, is needed."


class VideoEndpoint(Endpoint):
    """The base of calls about one video."""

    abstract = True
    group = "videos"
    throttle = Rate.WRITE
    answer: ClassVar[ContractValue] = shapes.VideoRecord

    class Input(inputs.Input):
        video_id = IdField()

    def record(self, sql: str, caller: Caller, video_id: int) -> ContractValue:
        return records.record(
            sql, video_id=video_id, viewer_id=caller.id, media_url=media_url(self.request)
        )


class LikeVideo(VideoEndpoint):
    """Like a video, or take the like back: then `msg` is "unlike", with code 200 as well.

    `like` and `like_count` beside `msg` are needed by iOS whatever the outcome.
    """

    answer = shapes.LikeAnswer
    refusal_beside = {"like": 0, "like_count": 0}

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        video_id = data["video_id"]
        liked, count = reactions.toggle_like(caller=caller, video_id=video_id)
        msg = self.record(records.LIKE_SQL, caller, video_id) if liked else "unlike"
        return Answer(msg, like=int(liked), like_count=count)


class AddVideoFavourite(VideoEndpoint):
    """Save a video, 200, or stop saving it, 201 and "unfavourite".

    iOS can't decode anything but the record with code 200, and needs `fav_count` always.
    """

    answer = shapes.FavouriteAnswer
    refusal_beside = {"fav_count": 0}

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        video_id = data["video_id"]
        saved, count = reactions.toggle_favourite(caller=caller, video_id=video_id)
        if not saved:
            return Answer("unfavourite", code=201, fav_count=count)
        return Answer(self.record(records.FAVOURITE_SQL, caller, video_id), fav_count=count)


class RepostVideo(VideoEndpoint):
    """Show a video on the caller's own profile, 200, or stop it, 201.

    iOS needs a text in `msg` whatever the outcome and tells the two by the code; Android reads
    no more than the code of a text.
    """

    actor_keys = ("user_id", "repost_user_id")
    answer = "success"

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        reposted = reactions.toggle_repost(caller=caller, video_id=data["video_id"])
        return Answer("success", code=200 if reposted else 201)


class ShareVideo(VideoEndpoint):
    """Count that a video was shared with another app or person. Guests share too."""

    auth = OPTIONAL

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        reactions.share(viewer_id=caller.id, video_id=data["video_id"])
        return self.record(records.RECORD_SQL, caller, data["video_id"])


class NotInterestedVideo(VideoEndpoint):
    """Keep a video out of the caller's feed."""

    name = "NotInterestedVideo"
    group = "feed"
    answer = shapes.NotInterestedAnswer

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        reactions.not_interested(viewer_id=caller.id, video_id=data["video_id"])
        return self.record(records.NOT_INTERESTED_SQL, caller, data["video_id"])


class PinVideo(VideoEndpoint):
    """Put one of the caller's videos first on the profile (at most three), or back."""

    class Input(VideoEndpoint.Input):
        pin = FlagField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        reactions.set_pin(owner_id=caller.id, video_id=data["video_id"], pin=data["pin"])
        return self.record(records.RECORD_SQL, caller, data["video_id"])


class WatchVideo(VideoEndpoint):
    """Count that a video was played, or several: `watch_videos`, [{video_id, duration}].

    `duration` is in seconds. Every play counts; how far a person or phone got is noted.
    """

    auth = OPTIONAL
    answer = shapes.WatchAnswer

    class Input(inputs.Input):
        video_id = IdField(required=False)
        watch_videos = JsonField(required=False)
        duration = TextField(required=False, help_text="seconds, of the single form")
        device_id = TextField(max_length=255, required=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        viewer = viewer_of(user_id=caller.id, device=data.get("device_id", ""))
        last = watches.watch(viewer=viewer, plays=read_plays(data))
        return records.watch_answer(viewer=viewer, video_id=last, media_url=media_url(self.request))


def read_plays(data: dict[str, Any]) -> list[Play]:
    """The plays of either form of the call. Raises Refused for anything else."""
    rows = data.get("watch_videos")
    if rows is None:
        if "video_id" not in data:
            raise Refused(NO_VIDEO)
        return [Play(data["video_id"], read_seconds(data.get("duration")))]
    if not isinstance(rows, list) or not 0 < len(rows) <= MAX_PLAYS:
        raise Refused(BAD_PLAYS)
    return [read_play(row) for row in rows]


def read_play(row: Any) -> Play:
    if not isinstance(row, dict):
        raise Refused(BAD_PLAYS)
    checked = VideoEndpoint.Input(data={"video_id": row.get("video_id")})
    if not checked.is_valid():
        raise Refused(BAD_PLAYS)
    return Play(checked.validated_data["video_id"], read_seconds(row.get("duration")))


def read_seconds(value: Any) -> float:
    """Seconds of a play; 0 for what is no length at all, since the play counts anyhow."""
    try:
        seconds = float(value or 0)
    except (TypeError, ValueError):
        return 0
    return seconds if 0 <= seconds <= MAX_PLAY_S else 0
