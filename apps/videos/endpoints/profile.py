"""Videos on a profile, and one video with everything around it."""

from typing import Any

import orjson

from apps.contract import inputs
from apps.contract.answers import ContractValue, NoIdentity, Refused
from apps.contract.endpoint import OPTIONAL, Endpoint
from apps.contract.fields import IdField, PageField
from apps.contract.identity import SIGN_IN_SENTENCE
from apps.contract.paging import Pages
from apps.contract.urls import media_url
from apps.users.callers import Caller
from apps.users.people.lists import Viewed, may_see_lists
from apps.videos import access, comments, profile_lists, records, shapes

NO_VIDEOS = "There are no videos here."
HIDDEN = "This list is private."


class ProfileList(Endpoint):
    """The base of lists that belong to somebody: `other_user_id`, or else the caller."""

    abstract = True
    group = "videos"
    auth = OPTIONAL

    class Input(inputs.Input):
        other_user_id = IdField(required=False)
        starting_point = PageField()

    def viewed(self, caller: Caller, data: dict[str, Any]) -> Viewed:
        owner_id = data.get("other_user_id") or caller.id
        if not owner_id:
            raise NoIdentity(SIGN_IN_SENTENCE)
        return Viewed(owner_id, caller.id, media_url(self.request))

    def pages(self, caller: Caller, data: dict[str, Any], *about: object) -> Pages:
        return Pages(self.name, caller, data["starting_point"], *about)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        viewed = self.viewed(caller, data)
        if not self.may_see(viewed):
            raise Refused(HIDDEN)
        page = self.page(self.pages(caller, data, viewed.owner_id), viewed)
        if not page:
            raise Refused(NO_VIDEOS)
        return page

    def may_see(self, viewed: Viewed) -> bool:
        return may_see_lists(owner_id=viewed.owner_id, viewer_id=viewed.viewer_id)

    def page(self, pages: Pages, viewed: Viewed) -> list[orjson.Fragment]:
        raise NotImplementedError


class ShowVideosAgainstUserID(ProfileList):
    """Somebody's public videos, and to themselves the private ones too.

    Both lists are there whatever the outcome: iOS can't decode a text in `msg`, and Android
    needs both on the own profile.
    """

    answer = {"public": [shapes.FeedItem], "private": [shapes.FeedItem]}
    refusal_msg = {"public": [], "private": []}

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        viewed = self.viewed(caller, data)
        public = self.pages(caller, data, "public", viewed.owner_id)
        private = self.pages(caller, data, "private", viewed.owner_id)
        return {
            "public": profile_lists.public_page(pages=public, viewed=viewed),
            "private": profile_lists.private_page(pages=private, viewed=viewed),
        }


class ShowUserLikedVideos(ProfileList):
    """What somebody likes, as far as their setting liked_videos lets the caller look."""

    answer = [shapes.LikedItem]

    def may_see(self, viewed: Viewed) -> bool:
        return profile_lists.may_see_likes(owner_id=viewed.owner_id, viewer_id=viewed.viewer_id)

    def page(self, pages: Pages, viewed: Viewed) -> list[orjson.Fragment]:
        return profile_lists.liked_page(pages=pages, viewed=viewed)


class ShowUserRepostedVideos(ProfileList):
    """What somebody has reposted."""

    answer = [shapes.FeedItem]

    def page(self, pages: Pages, viewed: Viewed) -> list[orjson.Fragment]:
        return profile_lists.reposted_page(pages=pages, viewed=viewed)


class ShowFavouriteVideos(ProfileList):
    """What the caller has saved; nobody sees what others save."""

    answer = [shapes.FavouriteItem]

    def may_see(self, viewed: Viewed) -> bool:
        return viewed.owner_id == viewed.viewer_id

    def page(self, pages: Pages, viewed: Viewed) -> list[orjson.Fragment]:
        return profile_lists.favourites_page(pages=pages, viewed=viewed)


class ShowVideoDetail(Endpoint):
    """One video with its author, sound and latest comments."""

    group = "videos"
    auth = OPTIONAL
    answer = comments.VideoDetail

    class Input(inputs.Input):
        video_id = IdField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        access.check_visible(data["video_id"], viewer_id=caller.id)
        return records.record(
            comments.DETAIL_SQL,
            video_id=data["video_id"],
            viewer_id=caller.id,
            media_url=media_url(self.request),
        )
