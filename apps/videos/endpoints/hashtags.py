"""Hashtags."""

from typing import Any

from apps.contract import inputs
from apps.contract.answers import Answer, ContractValue, Refused
from apps.contract.builds import is_apple
from apps.contract.endpoint import OPTIONAL, Endpoint
from apps.contract.fields import IdField, PageField, TextField
from apps.contract.paging import Pages
from apps.contract.throttle import Rate
from apps.contract.urls import media_url
from apps.users.callers import Caller
from apps.videos.discovery import hashtags
from apps.videos.services import favourites

NO_VIDEOS = "There are no videos with this hashtag."


class ShowVideosAgainstHashtag(Endpoint):
    """A hashtag's videos, the newest first; `views` and `videos_count` beside `msg`.

    The iOS app can only decode them inside the hashtag, so its `msg` is
    `{"Hashtag": {..., "videos": [...]}}`.
    """

    group = "hashtags"
    auth = OPTIONAL
    answer = [hashtags.HashtagVideoItem]

    class Input(inputs.Input):
        hashtag = TextField(max_length=101, help_text="its name, with or without #")
        starting_point = PageField(help_text="zero-based page number")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        head = hashtags.head(name=data["hashtag"], viewer_id=caller.id)
        if head is None:
            raise Refused(NO_VIDEOS)
        page = hashtags.page(
            pages=Pages("hashtag", caller, data["starting_point"], head.id),
            hashtag_id=head.id,
            viewer_id=caller.id,
            media_url=media_url(self.request),
        )
        if not page:
            raise Refused(NO_VIDEOS)
        msg: ContractValue = page
        if is_apple(self.request):
            msg = {"Hashtag": hashtag_with(head, page)}
        return Answer(msg, views=head.views, videos_count=head.videos_count)


def hashtag_with(head: hashtags.HashtagHead, page: ContractValue) -> dict[str, ContractValue]:
    return {
        "id": head.id,
        "name": head.name,
        "favourite": head.favourite,
        "views": str(head.views),
        "videos_count": head.videos_count,
        "videos": page,
    }


class AddHashtagFavourite(Endpoint):
    """Keep a hashtag, 200, or let it go, 201 and "unfavourite".

    iOS can't decode a text with code 200 here; Android reads no more than the code 501.
    """

    group = "hashtags"
    throttle = Rate.WRITE
    answer = hashtags.KeptHashtagItem

    class Input(inputs.Input):
        hashtag_id = IdField(required=False)
        hashtag = TextField(required=False, max_length=101, help_text="its name, instead of the id")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        hashtag_id = data.get("hashtag_id") or self.id_of(data.get("hashtag", ""))
        if not favourites.toggle_hashtag(user_id=caller.id, hashtag_id=hashtag_id):
            return Answer("unfavourite", code=201)
        return hashtags.kept_answer(
            hashtag_id=hashtag_id, viewer_id=caller.id, media_url=media_url(self.request)
        )

    def id_of(self, name: str) -> int:
        found = hashtags.head(name=name, viewer_id=0)
        if found is None:
            raise Refused(favourites.NO_SUCH_HASHTAG)
        return found.id


class ShowFavouriteHashtags(Endpoint):
    """The hashtags that the caller keeps."""

    group = "hashtags"
    answer = [hashtags.KeptHashtagItem]

    class Input(inputs.Input):
        starting_point = PageField(help_text="zero-based page number")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        pages = Pages("favourite-hashtags", caller, data["starting_point"])
        page = hashtags.kept_page(
            pages=pages, viewer_id=caller.id, media_url=media_url(self.request)
        )
        if not page:
            raise Refused("You have no favourite hashtags yet.")
        return page
