"""Uploads for apps that can send a file straight to the bucket."""

from typing import Any

from apps.contract import inputs
from apps.contract.answers import ContractValue
from apps.contract.endpoint import Endpoint
from apps.contract.fields import IntField, TextField
from apps.contract.throttle import Rate
from apps.contract.urls import media_url
from apps.users.callers import Caller
from apps.videos import posted
from apps.videos.endpoints.upload import SaidInput, post_of
from apps.videos.services import direct
from apps.videos.shapes import PostedItem


class CreateUpload(Endpoint):
    """An address to which the app sends one file: POST `url`, multipart, with `fields` before the
    part `file`. Then finishUpload. 201 where the server keeps uploads in a folder: use postVideo.
    """

    group = "videos"
    throttle = Rate.UPLOAD
    answer = {"upload_id": "", "url": "", "fields": {}, "expires_in": 3600}

    class Input(inputs.Input):
        size = IntField(min_value=1, max_value=2**40, help_text="bytes")
        content_type = TextField(required=False, default="video/mp4", max_length=100)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        return direct.create(
            user_id=caller.id, size=data["size"], content_type=data["content_type"]
        )


class FinishUpload(Endpoint):
    """The file of createUpload has been sent: what postVideo does with one of its own."""

    group = "videos"
    throttle = Rate.UPLOAD
    answer = PostedItem

    class Input(SaidInput):
        upload_id = TextField(max_length=500)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        video_id = direct.finish(user_id=caller.id, upload_id=data["upload_id"], post=post_of(data))
        return posted.item(
            video_id=video_id, viewer_id=caller.id, media_url=media_url(self.request)
        )
