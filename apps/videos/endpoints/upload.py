"""Posting and editing videos."""

from typing import Any

from django.conf import settings

from apps.contract import inputs
from apps.contract.answers import ContractValue, Refused
from apps.contract.endpoint import OPTIONAL, Endpoint
from apps.contract.fields import (
    ABSENT_TEXTS,
    CoordinateField,
    FileField,
    FlagField,
    IdField,
    ObjectsField,
    PageField,
    TextField,
)
from apps.contract.paging import Pages
from apps.contract.throttle import Rate
from apps.contract.urls import media_url
from apps.users.callers import Caller
from apps.videos import posted
from apps.videos.models import Video, VideoUpload
from apps.videos.services import editing, places, uploads
from apps.videos.services.uploads import Post
from apps.videos.shapes import PostedItem

FORM_SPARE_BYTES = 1024 * 1024  # for the parts beside the file
FILE_KEYS = ("video", "file")


class PlaceInput(inputs.Input):
    """Where it was filmed, as both clients say it."""

    lat = CoordinateField(required=False)
    long = CoordinateField(required=False)
    location_string = TextField(required=False, allow_blank=True, max_length=500)
    location_name = TextField(required=False, allow_blank=True, max_length=500)
    google_place_id = TextField(required=False, allow_blank=True, max_length=200)


class SaidInput(PlaceInput):
    """What both clients say about a new video."""

    description = TextField(required=False, allow_blank=True, max_length=2000)
    privacy_type = TextField(required=False, help_text="public, private or draft")
    draft = FlagField(required=False, help_text="the same as privacy_type draft")
    allow_comments = FlagField(required=False)
    allow_duet = FlagField(required=False)
    story = FlagField(required=False)
    sound_id = IdField(required=False)
    video_id = IdField(required=False, help_text="the video that a duet answers")
    duet = TextField(required=False, help_text="h: side by side, v: one above the other")
    hashtags_json = ObjectsField(required=False)
    users_json = ObjectsField(required=False)


class PostVideo(Endpoint):
    """Upload a video (multipart, the file as `video` or `file`), also a duet or a story.

    The answer comes once the file is stored; `Upload.state` says how far its making has come
    (showUploads tells later). A repeated call with the same `upload_id`, or without one with the
    same file and words, is the same video.
    """

    group = "videos"
    throttle = Rate.UPLOAD
    answer = PostedItem

    class Input(SaidInput):
        video = FileField(required=False)
        file = FileField(required=False)
        upload_id = TextField(required=False, max_length=80, help_text="the client's own, any text")

    @classmethod
    def body_limit(cls) -> int:
        return settings.VIDEO_MAX_BYTES + FORM_SPARE_BYTES

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        file = next((data[key] for key in FILE_KEYS if key in data), None)
        if file is None:
            raise Refused("The video file is missing.")
        video_id = uploads.receive(
            user_id=caller.id, file=file, key=data.get("upload_id", ""), post=post_of(data)
        )
        return posted.item(
            video_id=video_id, viewer_id=caller.id, media_url=media_url(self.request)
        )


def post_of(data: dict[str, Any]) -> Post:
    lat, long = position(data)
    return Post(
        description=data.get("description", ""),
        privacy=posted_privacy(data),
        allow_comments=data.get("allow_comments", True),
        allow_duet=data.get("allow_duet", True),
        is_story=data.get("story", False),
        sound_id=data.get("sound_id"),
        duet_of_id=data.get("video_id"),
        layout=layout_of(data.get("duet", "")) if data.get("video_id") else "",
        lat=lat,
        long=long,
        location=place_of(data),
        address=data.get("location_string", ""),
        google_place_id=google_id(data),
        hashtags=named(data.get("hashtags_json", []), "name", "hashtag"),
        mentioned=posted.people(data.get("users_json", [])),
    )


def position(data: dict[str, Any]) -> tuple[float | None, float | None]:
    """Latitude and longitude, or neither."""
    lat, long = data.get("lat"), data.get("long")
    return (lat, long) if lat is not None and long is not None and abs(lat) <= 90 else (None, None)


def place_of(data: dict[str, Any]) -> str:
    said = (data.get("location_name", ""), data.get("location_string", ""))
    return next((text for text in said if text and text not in ABSENT_TEXTS), "")[:200]


def posted_privacy(data: dict[str, Any]) -> str:
    word = data.get("privacy_type", "")
    if data.get("draft") or word.lower() == Video.Privacy.DRAFT:
        return Video.Privacy.DRAFT
    return privacy_of(word) or Video.Privacy.PUBLIC


def google_id(data: dict[str, Any]) -> str:
    """Google's id of the place; iOS writes ours there when it edits, a number."""
    text = data.get("google_place_id", "")
    return "" if text in ABSENT_TEXTS or text.isdecimal() else text


def privacy_of(text: str) -> str:
    """The word that both clients mean, or "" for none. Raises Refused for another."""
    word = text.lower()
    if word not in ("", Video.Privacy.PUBLIC, Video.Privacy.PRIVATE):
        raise Refused("Privacy type must be public or private.")
    return word


def layout_of(text: str) -> str:
    return text if text in VideoUpload.Layout.values else VideoUpload.Layout.SIDE_BY_SIDE


def named(items: list[dict[str, Any]], *keys: str) -> list[str]:
    """The texts under one of the keys."""
    found = (str(item[key]) for item in items for key in keys if item.get(key))
    return list(dict.fromkeys(found))


class EditVideo(Endpoint):
    """Change what is said about an own video (multipart or JSON); what is not sent stays.

    A draft is posted by making it public or private.
    """

    group = "videos"
    throttle = Rate.WRITE
    answer = PostedItem

    class Input(PlaceInput):
        video_id = IdField()
        description = TextField(required=False, allow_blank=True, max_length=2000)
        privacy_type = TextField(required=False)
        allow_comments = FlagField(required=False)
        allow_duet = FlagField(required=False)
        hashtags_json = ObjectsField(required=False)
        users_json = ObjectsField(required=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        changed: dict[str, Any] = {
            name: data[name]
            for name in ("description", "allow_comments", "allow_duet")
            if name in data
        }
        if privacy := privacy_of(data.get("privacy_type", "")):
            changed["privacy"] = privacy
        lat, long = position(data)
        if lat is not None:
            changed |= {"lat": lat, "long": long}
        if place := place_of(data):
            changed["location"] = place
            changed["place"] = places.named(
                name=place,
                address=data.get("location_string", ""),
                google_place_id=google_id(data),
                lat=lat,
                long=long,
            )
        editing.edit(
            user_id=caller.id,
            video_id=data["video_id"],
            changed=changed,
            hashtags=(
                named(data["hashtags_json"], "name", "hashtag") if "hashtags_json" in data else None
            ),
            mentioned=posted.people(data["users_json"]) if "users_json" in data else None,
        )
        return posted.item(
            video_id=data["video_id"], viewer_id=caller.id, media_url=media_url(self.request)
        )


class UpdateVideoDetail(EditVideo):
    """editVideo under the name that the Android client calls."""


class ShowVideoCompression(Endpoint):
    """The bit rate, in kbit/s, that an app should bring a clip down to before it is sent."""

    group = "videos"
    auth = OPTIONAL
    answer = 2500

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        return settings.VIDEO_UPLOAD_KBITS


class ShowUploads(Endpoint):
    """The caller's uploads that are not to be seen yet: received, processing or failed."""

    group = "videos"
    answer = [PostedItem]

    class Input(inputs.Input):
        starting_point = PageField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        pages = Pages("uploads", caller, data["starting_point"])
        return posted.unready(pages=pages, user_id=caller.id, media_url=media_url(self.request))


class RetryUpload(Endpoint):
    """Try a failed upload again; its file is still here."""

    group = "videos"
    throttle = Rate.WRITE
    answer = PostedItem

    class Input(inputs.Input):
        video_id = IdField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        if not uploads.retry_own(user_id=caller.id, video_id=data["video_id"]):
            raise Refused("There is nothing to try again. Please post the video anew.")
        return posted.item(
            video_id=data["video_id"], viewer_id=caller.id, media_url=media_url(self.request)
        )
