"""Deleting videos, and drafts."""

from typing import Any

from apps.contract import inputs
from apps.contract.answers import ContractValue
from apps.contract.endpoint import Endpoint
from apps.contract.fields import IntField, PageField
from apps.contract.paging import PAGE_SIZE, Pages
from apps.contract.urls import media_url
from apps.users.callers import Caller
from apps.videos import posted
from apps.videos.endpoints.reactions import VideoEndpoint
from apps.videos.services import removal
from apps.videos.shapes import PostedItem


class DeleteVideo(VideoEndpoint):
    """Delete an own video with its files. iOS needs a text in `msg` whatever the outcome."""

    answer = "Your video was deleted."

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        if removal.delete(user_id=caller.id, video_id=data["video_id"]):
            return "Your video was deleted."
        return "This video was deleted already."


class DeleteDraftVideo(VideoEndpoint):
    """Delete an own draft with its files."""

    answer = "Your draft was deleted."

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        removal.delete_draft(user_id=caller.id, video_id=data["video_id"])
        return "Your draft was deleted."


class ShowDraftVideos(Endpoint):
    """The caller's drafts, which nobody else sees: uploads with `privacy_type` draft.

    editVideo with privacy_type public or private posts one.
    """

    group = "videos"
    answer = {
        "videos": [PostedItem],
        **dict.fromkeys(("total_count", "page", "limit"), 0),
        "has_more": True,
    }

    class Input(inputs.Input):
        page = IntField(min_value=1, max_value=10_000, required=False, help_text="from 1")
        starting_point = PageField(help_text="the same, from 0")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        page = data["page"] - 1 if "page" in data else data["starting_point"]
        pages = Pages("drafts", caller, page)
        drafts = posted.drafts(pages=pages, user_id=caller.id, media_url=media_url(self.request))
        total = posted.draft_count(caller.id)
        return {
            "videos": drafts,
            "total_count": total,
            "page": page + 1,
            "limit": PAGE_SIZE,
            "has_more": page * PAGE_SIZE + len(drafts) < total,
        }
