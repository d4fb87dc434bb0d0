"""Lists of people. Each answers 201 with a sentence when it is empty or has ended."""

from typing import Any

import orjson

from apps.contract import inputs
from apps.contract.answers import ContractValue, NoIdentity, Refused
from apps.contract.endpoint import OPTIONAL, Endpoint
from apps.contract.fields import IdField, JsonField, PageField, TextField
from apps.contract.identity import SIGN_IN_SENTENCE
from apps.contract.paging import Pages
from apps.contract.throttle import Rate
from apps.contract.urls import media_url
from apps.users.callers import Caller
from apps.users.people import contacts, lists, shapes, suggestions
from apps.users.people.lists import Viewed
from apps.users.services import visits

NOBODY = "There is nobody here."
HIDDEN = "This list is private."
MAX_CONTACTS = 1000


class PeopleEndpoint(Endpoint):
    """The base of pages of people."""

    abstract = True
    group = "social"

    class Input(inputs.Input):
        starting_point = PageField()

    def viewed(self, caller: Caller, owner_id: int) -> Viewed:
        return Viewed(owner_id, caller.id, media_url(self.request))

    def pages(self, caller: Caller, data: dict[str, Any], *about: object) -> Pages:
        return Pages(self.name, caller, data["starting_point"], *about)


def listed(items: list[orjson.Fragment]) -> list[orjson.Fragment]:
    """The items. Raises Refused if there are none, as the apps expect."""
    if not items:
        raise Refused(NOBODY)
    return items


class OwnedList(PeopleEndpoint):
    """The base of lists that belong to somebody: `other_user_id`, or else the caller."""

    abstract = True
    auth = OPTIONAL

    class Input(PeopleEndpoint.Input):
        other_user_id = IdField(required=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        owner_id = data.get("other_user_id") or caller.id
        if not owner_id:
            raise NoIdentity(SIGN_IN_SENTENCE)
        if not lists.may_see_lists(owner_id=owner_id, viewer_id=caller.id):
            raise Refused(HIDDEN)
        return listed(self.page(self.pages(caller, data, owner_id), self.viewed(caller, owner_id)))

    def page(self, pages: Pages, viewed: Viewed) -> list[orjson.Fragment]:
        raise NotImplementedError


class ShowFollowers(OwnedList):
    """Who follows somebody, the newest first."""

    answer = [shapes.FollowerItem]

    def page(self, pages: Pages, viewed: Viewed) -> list[orjson.Fragment]:
        return lists.followers_page(pages=pages, viewed=viewed)


class ShowFollowing(OwnedList):
    """Whom somebody follows, the newest first."""

    answer = [shapes.FollowingItem]

    def page(self, pages: Pages, viewed: Viewed) -> list[orjson.Fragment]:
        return lists.following_page(pages=pages, viewed=viewed)


class ShowFriends(PeopleEndpoint):
    """Those whom the caller follows and who follow back."""

    answer = [shapes.FriendItem]

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        viewed = self.viewed(caller, caller.id)
        return listed(lists.friends_page(pages=self.pages(caller, data), viewed=viewed))


class ShowFollowRequests(PeopleEndpoint):
    """Who asks to follow the caller's private account. Not called by the two shipped apps."""

    answer = [shapes.RequestItem]

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        viewed = self.viewed(caller, caller.id)
        return listed(lists.requests_page(pages=self.pages(caller, data), viewed=viewed))


class ShowBlockedUsers(PeopleEndpoint):
    """Whom the caller has blocked."""

    answer = [shapes.BlockItem]

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        viewed = self.viewed(caller, caller.id)
        return listed(lists.blocked_page(pages=self.pages(caller, data), viewed=viewed))


class ShowProfileVisitors(PeopleEndpoint):
    """Who looked at the caller's profile in the last 30 days; marks the visits as seen.

    Whoever hides their own views (`profile_view` 0) is not shown, and is shown nobody.
    """

    answer = [shapes.VisitItem]

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        viewed = self.viewed(caller, caller.id)
        items = lists.visitors_page(pages=self.pages(caller, data), viewed=viewed)
        visits.mark_seen(visited_id=caller.id)
        return listed(items)


class ShowSuggestedUsers(PeopleEndpoint):
    """People to follow: followed by those one follows, popular, or new; each with some videos."""

    auth = OPTIONAL
    actor_keys = ()  # iOS sends the id of the profile that is open
    answer = [shapes.SuggestionItem]

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        return listed(
            suggestions.suggestions_page(
                viewer_id=caller.id,
                page=data["starting_point"],
                media_url=media_url(self.request),
            )
        )


class SearchFollowingOrFollowUsers(PeopleEndpoint):
    """People with a text in their names among the caller's followers and those they follow.

    Searches the newest 5,000 in each direction; friends appear once.
    """

    answer = [shapes.PersonItem]

    class Input(PeopleEndpoint.Input):
        keyword = TextField(max_length=50)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        keyword = data["keyword"]
        items = lists.search_follows(
            pages=self.pages(caller, data, keyword.lower()),
            viewed=self.viewed(caller, caller.id),
            keyword=keyword,
        )
        return listed(items)


class ShowRegisteredContacts(Endpoint):
    """Who of an address book has an account, by phone number or by Facebook id.

    Numbers come as the phone has them or, better, as the SHA-256 of their E.164 form, so that
    the server doesn't learn the others. A thousand at once, thirty times an hour.
    """

    group = "social"
    throttle = Rate.CONTACTS
    answer = [shapes.ContactItem]

    class Input(inputs.Input):
        phone_numbers = JsonField(required=False, help_text='[{"phone": "+15550000001"}, ...]')
        facebook_ids = JsonField(required=False, help_text='[{"fb_id": "1234"}, ...]')

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        numbers = read_texts(data.get("phone_numbers"), "phone")
        facebook_ids = read_texts(data.get("facebook_ids"), "fb_id")
        if not (numbers or facebook_ids):
            raise Refused("Please send phone numbers or Facebook ids.")
        base = media_url(self.request)
        found = contacts.by_phone(sent=numbers, viewer_id=caller.id, media_url=base)
        return listed(
            found + contacts.by_facebook(sent=facebook_ids, viewer_id=caller.id, media_url=base)
        )


def read_texts(given: Any, key: str) -> list[str]:
    """The texts of `[{key: text}]` or `[text]`. Raises Refused if there are too many."""
    items = given if isinstance(given, list) else []
    values = [item.get(key) if isinstance(item, dict) else item for item in items]
    texts = [str(value).strip() for value in values if isinstance(value, str | int)]
    if len(texts) > MAX_CONTACTS:
        raise Refused(f"Please send at most {MAX_CONTACTS} contacts at once.")
    return [text for text in texts if text and "\x00" not in text and len(text) <= 100]
