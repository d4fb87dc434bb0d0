"""Keeping a copy of a video."""

from typing import Any

from apps.contract import inputs
from apps.contract.answers import ContractValue
from apps.contract.endpoint import OPTIONAL, Endpoint
from apps.contract.fields import TextField
from apps.users.callers import Caller
from apps.videos.endpoints.reactions import VideoEndpoint
from apps.videos.services import downloads


class DownloadVideo(VideoEndpoint):
    """Where the file with its author's name on it is, relative to the server's address.

    201 while it is being made for the first time, and where the author's setting videos_download
    or the video's own privacy forbids it. Android puts its base address before `msg`.
    """

    auth = OPTIONAL
    answer = "guarded/<token>/downloads/1.mp4"

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        return downloads.path_to(video_id=data["video_id"], viewer_id=caller.id)


class DeleteWaterMarkVideo(Endpoint):
    """Accepted and not needed: such files go by themselves when nobody asks for them."""

    group = "videos"
    auth = OPTIONAL
    answer = "success"

    class Input(inputs.Input):
        video_url = TextField(required=False, max_length=2000)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        return "success"
