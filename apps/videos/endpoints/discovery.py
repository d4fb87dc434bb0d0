"""The discover screen and search."""

from typing import Any

import orjson

from apps.contract import inputs
from apps.contract.answers import ContractValue, NoIdentity, Refused
from apps.contract.endpoint import OPTIONAL, Endpoint
from apps.contract.fields import PageField, TextField
from apps.contract.identity import SIGN_IN_SENTENCE
from apps.contract.paging import Pages
from apps.contract.urls import media_url
from apps.users.callers import Caller
from apps.users.people import lists
from apps.users.people.shapes import FollowedRecord
from apps.videos.discovery import search, sections, sounds
from apps.videos.discovery.search import Asked

NOTHING_FOUND = "Nothing was found."
KINDS = {
    "user": search.PEOPLE,
    "video": search.VIDEOS,
    "sound": search.SOUNDS,
    "hashtag": search.HASHTAGS,
}
OWN_LISTS = ("following", "follower", "sound_favourite")


class ShowDiscoverySections(Endpoint):
    """Popular hashtags, ten a page, each with up to five of its videos."""

    group = "feed"
    auth = OPTIONAL
    answer = [sections.Section]

    class Input(inputs.Input):
        starting_point = PageField(help_text="zero-based page number")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        page = sections.page(
            page=data["starting_point"], viewer_id=caller.id, media_url=media_url(self.request)
        )
        if not page:
            raise Refused("There is nothing more to discover right now.")
        return page


class Search(Endpoint):
    """Search by `type`: user, video, sound or hashtag, and among one's own following, follower
    and sound_favourite. The best two hundred are found, ten a page.

    The older plural words are the same. An empty keyword (or "_") asks for popular hashtags.
    """

    group = "feed"
    auth = OPTIONAL
    answer = [FollowedRecord]

    class Input(inputs.Input):
        type = TextField(max_length=20)
        keyword = TextField(max_length=100, required=False, default="", allow_blank=True)
        starting_point = PageField(help_text="zero-based page number")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        word = data["type"].lower().removesuffix("s")
        if word in KINDS:
            found = search.results(KINDS[word], self.asked(caller, data))
        elif word in OWN_LISTS:
            found = self.own(word, caller, data)
        else:
            raise Refused("Please search for users, videos, sounds or hashtags.")
        if not found:
            raise Refused(NOTHING_FOUND)
        return found

    def asked(self, caller: Caller, data: dict[str, Any]) -> Asked:
        return Asked(
            keyword=data["keyword"],
            page=data["starting_point"],
            viewer_id=caller.id,
            media_url=media_url(self.request),
        )

    def own(self, word: str, caller: Caller, data: dict[str, Any]) -> list[orjson.Fragment]:
        """What the keyword finds in the caller's own lists."""
        if not caller.id:
            raise NoIdentity(SIGN_IN_SENTENCE)
        keyword = data["keyword"]
        pages = Pages(f"search-{word}", caller, data["starting_point"], keyword)
        if word == "sound_favourite":
            return sounds.kept_page(
                pages=pages,
                viewer_id=caller.id,
                media_url=media_url(self.request),
                keyword=keyword,
            )
        viewed = lists.Viewed(caller.id, caller.id, media_url(self.request))
        search_in = lists.search_following if word == "following" else lists.search_followers
        return search_in(pages=pages, viewed=viewed, keyword=keyword)
