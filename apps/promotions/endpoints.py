"""Promotions in the mobile API."""

from datetime import UTC, date, timedelta
from typing import Any

from django.utils import timezone

from apps.contract import inputs
from apps.contract.answers import ContractValue, Refused
from apps.contract.endpoint import OPTIONAL, Endpoint
from apps.contract.fields import (
    DateField,
    IdField,
    IntField,
    MomentField,
    ObjectsField,
    PageField,
    TextField,
)
from apps.contract.idempotency import KeyField, idempotency_key
from apps.contract.paging import Pages
from apps.contract.throttle import Rate, client_ip
from apps.contract.urls import media_url
from apps.promotions import audiences, selectors, services, shapes, showing
from apps.promotions.models import MAX_AGE, AdSettings, Audience, Promotion
from apps.users.callers import Caller
from apps.videos.comments import VideoDetail

NONE_HERE = "There are no promotions here."
NO_SUCH_PROMOTION = "This promotion is not there."
NO_AD = "There is no advertisement right now."
GENDERS = "Gender: all, male or female."
DESTINATIONS = "Destination: views, website or follower."
# The names of showAddSettings' rates are taken, too.
GOALS = {
    "views": Promotion.Destination.VIEWS,
    "video_views": Promotion.Destination.VIEWS,
    "website": Promotion.Destination.WEBSITE,
    "website_visits": Promotion.Destination.WEBSITE,
    "follower": Promotion.Destination.FOLLOWER,
    "followers": Promotion.Destination.FOLLOWER,
}
PERIODS = {"7": 7, "28": 28, "60": 60}
FIRST_DAY = date(2020, 1, 1)


class AddPromotion(Endpoint):
    """Book a promotion for an own video; its coins are paid at once.

    How many people it reaches follows from the coins and the rates of showAddSettings, whatever
    `total_reach` says. The same booking sent again, or one with the same `Idempotency-Key` (header
    or `idempotency_key`), is booked once.
    """

    group = "promotion"
    throttle = Rate.MONEY
    answer = shapes.BookedPromotion

    class Input(inputs.Input):
        video_id = IdField()
        destination = TextField(max_length=20)
        audience_id = IdField(required=False, help_text="absent or 0: everybody")
        start_datetime = MomentField()
        end_datetime = MomentField()
        coin = IntField()
        total_reach = IntField(required=False, max_value=2**53, help_text="not believed")
        website_url = TextField(required=False, max_length=500)
        action_button = TextField(required=False, max_length=50)
        idempotency_key = KeyField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        booking = services.Booking(
            user_id=caller.id,
            video_id=data["video_id"],
            audience_id=data.get("audience_id"),
            destination=goal(data["destination"]),
            start_at=data["start_datetime"],
            end_at=data["end_datetime"],
            coins=data["coin"],
            website_url=web_address(data.get("website_url", "")),
            action_button=data.get("action_button", ""),
        )
        promotion = services.book(booking, key=idempotency_key(self.request, data))
        return selectors.booked(
            promotion_id=promotion.pk, viewer_id=caller.id, media_url=media_url(self.request)
        )


def goal(text: str) -> Promotion.Destination:
    try:
        return GOALS[text.lower()]
    except KeyError:
        raise Refused(DESTINATIONS) from None


def web_address(text: str) -> str:
    """An address as people type it, with its scheme. Raises Refused for any other scheme."""
    if not text:
        return ""
    address = text if "://" in text else f"https://{text}"
    if not address.startswith(("https://", "http://")) or " " in address:
        raise Refused("Website url: an address like https://example.com is needed.")
    return address


class ShowPromotions(Endpoint):
    """The caller's promotions, newest first, with their numbers; booked on the given days."""

    group = "promotion"
    answer = {"Details": [shapes.PromotionItem], "Stats": {}}

    class Input(inputs.Input):
        start_datetime = DateField(required=False)
        end_datetime = DateField(required=False)
        starting_point = PageField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        since, until = days(data)
        page = selectors.page(
            pages=Pages(self.name, caller, data["starting_point"], since, until),
            viewer_id=caller.id,
            since=since,
            until=until,
            media_url=media_url(self.request),
        )
        if page is None:
            raise Refused(NONE_HERE)
        return page


def today() -> date:
    return timezone.now().astimezone(UTC).date()


def days(data: dict[str, Any]) -> tuple[date, date]:
    """The asked range of days, each end within what a calendar of the server's knows."""
    latest = today() + timedelta(days=366)
    since = data.get("start_datetime", FIRST_DAY)
    until = data.get("end_datetime", latest)
    return max(min(since, latest), FIRST_DAY), max(min(until, latest), FIRST_DAY)


class ShowAllPromotions(Endpoint):
    """The caller's promotions of the last 7, 28 or 60 days or of a custom range, without pages."""

    group = "promotion"
    answer = {"Promotions": [selectors.PeriodItem], "Stats": {}}

    class Input(inputs.Input):
        days = TextField(max_length=10, default="28")
        start_datetime = DateField(required=False)
        end_datetime = DateField(required=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        if data["days"] in PERIODS:
            until = today()
            since = until - timedelta(days=PERIODS[data["days"]])
        elif data["days"] == "custom":
            since, until = days(data)
        else:
            raise Refused("Days: 7, 28, 60 or custom.")
        return selectors.period(viewer_id=caller.id, since=since, until=until)


class DestinationTap(Endpoint):
    """Count a tap on a promotion's button: once a person and day, the owner's own not at all."""

    group = "promotion"
    auth = OPTIONAL
    throttle = Rate.WRITE
    answer = shapes.TappedPromotion

    class Input(inputs.Input):
        promotion_id = IdField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        promotion = showing.tap(
            promotion_id=data["promotion_id"],
            viewer_id=caller.id,
            address=client_ip(self.request),
        )
        if promotion is None:
            raise Refused(NO_SUCH_PROMOTION)
        return selectors.tapped(
            promotion_id=promotion.pk,
            viewer_id=caller.id,
            is_owner=promotion.user_id == caller.id,
            media_url=media_url(self.request),
        )


class LearnMoreTap(DestinationTap):
    """The first release's name of destinationTap."""


class AudienceInput(inputs.Input):
    min_age = IntField(default=0, max_value=MAX_AGE)
    max_age = IntField(default=MAX_AGE, max_value=MAX_AGE)
    gender = TextField(default=Audience.Gender.ALL.value, max_length=10)
    locations = ObjectsField(
        required=False, default=list, help_text="[{country, city}] or [{name}], by their names"
    )


def group_of(data: dict[str, Any]) -> dict[str, Any]:
    gender = data["gender"].lower()
    if gender not in Audience.Gender.values:
        raise Refused(GENDERS)
    return {
        "min_age": data["min_age"],
        "max_age": data["max_age"],
        "gender": gender,
        "locations": data["locations"],
    }


class AddAudience(Endpoint):
    """Save a target group for promotions."""

    group = "promotion"
    throttle = Rate.WRITE
    answer = shapes.AudienceItem

    class Input(AudienceInput):
        name = TextField(max_length=100)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        audience = audiences.add(user_id=caller.id, name=data["name"], **group_of(data))
        base = media_url(self.request)
        return audiences.own(user_id=caller.id, media_url=base, audience_id=audience.pk)[0]


class ShowAudiences(Endpoint):
    """The caller's target groups, newest first."""

    group = "promotion"
    answer = [shapes.AudienceItem]

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        return audiences.own(user_id=caller.id, media_url=media_url(self.request))


class DeleteAudience(Endpoint):
    """Delete a target group that no open promotion uses."""

    group = "promotion"
    throttle = Rate.WRITE
    answer = "deleted"

    class Input(inputs.Input):
        id = IdField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        audiences.remove(user_id=caller.id, audience_id=data["id"])
        return "deleted"


class ShowAudiencesReach(Endpoint):
    """About how many people a target group has."""

    group = "promotion"
    throttle = Rate.LOOK_UP
    answer = 0

    class Input(AudienceInput):
        pass

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        return audiences.reach(user_id=caller.id, **group_of(data))


class ShowVideoDetailAd(Endpoint):
    """A promoted video for the app's start, counted like one in the feed; guests get none."""

    group = "promotion"
    auth = OPTIONAL
    answer = VideoDetail

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        video = showing.start_up_ad(viewer_id=caller.id, media_url=media_url(self.request))
        if video is None:
            raise Refused(NO_AD)
        return video


class ShowAddSettings(Endpoint):
    """How many people a coin reaches, by goal."""

    group = "promotion"
    auth = OPTIONAL
    answer = {"video_views": 0, "website_visits": 0, "followers": 0}

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        settings = AdSettings.current()
        return {
            "video_views": settings.views_per_coin,
            "website_visits": settings.website_per_coin,
            "followers": settings.followers_per_coin,
        }
