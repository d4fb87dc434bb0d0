"""Stories: videos that live for a day. The apps post them by postVideo with `story` 1."""

from typing import Any

from django.conf import settings

from apps.contract import inputs
from apps.contract.answers import ContractValue, Refused
from apps.contract.endpoint import OPTIONAL, Endpoint
from apps.contract.fields import DateField, IdField, PageField, TextField
from apps.contract.paging import Pages
from apps.contract.throttle import Rate
from apps.contract.urls import media_url
from apps.users.callers import Caller
from apps.videos import stories
from apps.videos.endpoints.fields import MediaField
from apps.videos.endpoints.upload import FORM_SPARE_BYTES
from apps.videos.services import stories as services


class ShowFriendsStories(Endpoint):
    """Who has stories now: the caller, and the people with whom the following is mutual."""

    group = "stories"
    answer = {"User": [stories.StoryPerson]}

    class Input(inputs.Input):
        starting_point = PageField(help_text="zero-based page number, of people")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        pages = Pages("stories", caller, data["starting_point"])
        page = stories.friends_page(
            pages=pages, viewer_id=caller.id, media_url=media_url(self.request)
        )
        if not page:
            raise Refused("There are no stories right now.")
        return {"User": page}


class AddStory(Endpoint):
    """Post a story (multipart): a video, or with `type` photo a picture. The file itself is
    needed; addresses are not fetched."""

    group = "stories"
    throttle = Rate.UPLOAD
    answer = stories.StoryRecord

    class Input(inputs.Input):
        type = TextField(required=False, max_length=10, help_text="photo or video")
        attachment = MediaField()

    @classmethod
    def body_limit(cls) -> int:
        return settings.VIDEO_MAX_BYTES + FORM_SPARE_BYTES

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        is_photo = data.get("type", "video").lower() in ("photo", "image")
        video_id = services.add(user_id=caller.id, attachment=data["attachment"], is_photo=is_photo)
        return stories.record(
            video_id=video_id, viewer_id=caller.id, media_url=media_url(self.request)
        )


class ShowStory(Endpoint):
    """The live stories, of one day if `date` says so: the caller's own and their friends'."""

    group = "stories"
    auth = OPTIONAL
    answer = {"mystory": [stories.StoryRecord], "other": [stories.StoryRecord]}

    class Input(inputs.Input):
        date = DateField(required=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        if not caller.id:
            return {"mystory": [], "other": []}
        day = data.get("date")
        return stories.of_day(
            day=day.isoformat() if day else None,
            viewer_id=caller.id,
            media_url=media_url(self.request),
        )


class DeleteStory(Endpoint):
    """Delete an own story."""

    group = "stories"
    throttle = Rate.WRITE
    answer = "success"

    class Input(inputs.Input):
        id = IdField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        services.delete(user_id=caller.id, video_id=data["id"])
        return "success"
