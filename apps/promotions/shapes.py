"""What the clients are told about promotions.

Sources: contract/endpoints.yaml group promotion, android/endpoints.json `_types.Promotion`. How
much was paid and how it goes is the owner's business: viewers get `ShownPromotion`.
"""

from apps.contract.shapes import Field, Shape, constant, integer, moment, nested, text
from apps.users.shapes import OwnUser, PublicUser
from apps.videos.shapes import VideoShape

# Coins for the people reached so far, of a promotion {t}; a coin that was begun is spent.
SPENT = """CASE WHEN {t}.state = 'ended' THEN {t}.coins - {t}.returned
    ELSE ({t}.reach + {t}.reach_per_coin - 1) / {t}.reach_per_coin END"""
# 0 waits for approval, 1 runs, 2 is over.
ACTIVE = "CASE {t}.state WHEN 'pending' THEN 0 WHEN 'running' THEN 1 ELSE 2 END"


def place(key: str) -> Field:
    """A part of an audience's location {t}, under the names of the first release."""
    return Field(
        f"json_build_object('id', 0, 'name', coalesce({{t}}.{key}, ''))",
        "{source}",
        {"type": "object"},
    )


class LocationShape(Shape):
    """Places go by name here, so the ids are 0."""

    country_id = constant(0)
    state_id = constant(0)
    city_id = constant(0)
    country = text("country")
    city = text("city")
    Country = place("country")
    State = Field('\'{"id": 0, "name": ""}\'::json', "{source}", {"type": "object"})
    City = place("city")


class AudienceShape(Shape):
    id = integer("id")
    user_id = integer("user_id")
    name = text("name")
    min_age = integer("min_age")
    max_age = integer("max_age")
    gender = text("gender")
    created = moment("created_at")


LOCATIONS = Field(
    f"""(SELECT coalesce(json_agg({LocationShape.sql("l")}), '[]'::json)
        FROM jsonb_to_recordset({{t}}.locations) AS l(country text, city text))""",
    "{source}",
    {"type": "array", "items": LocationShape.schema()},
)


class AudienceItem(Shape):
    """The audience `a` of the person `u`."""

    Audience = nested(AudienceShape, "a")
    User = nested(PublicUser, "u")
    AudienceLocation = LOCATIONS


class ShownPromotion(Shape):
    """A promotion as viewers know it: where its button leads, and none of its numbers."""

    id = integer("id")
    user_id = integer("user_id")
    video_id = integer("video_id")
    destination = text("destination")
    website_url = text("website_url")
    action_button = text("action_button")
    start_datetime = moment("start_at")
    end_datetime = moment("end_at")
    active = integer(ACTIVE)
    created = moment("created_at")
    audience_id = constant(0)
    price = constant(0)
    coin = constant(0)
    total_reach = constant(0)
    reach = constant(0)
    destination_tap = constant(0)
    clicks = constant(0)
    followers = constant(0)
    payment_card_id = constant(0)


class PromotionShape(ShownPromotion):
    """A promotion as its owner knows it."""

    audience_id = integer("audience_id")
    price = integer("coins")
    coin = integer("coins")
    total_reach = integer("total_reach")
    reach = integer("reach")
    destination_tap = integer("taps")
    clicks = integer("taps")
    followers = integer("followers")
    views = integer("(SELECT pv.view_count FROM videos_video pv WHERE pv.id = {t}.video_id)")
    video_views = views
    coins_spent = integer(SPENT)
    coins_returned = integer("returned")
    state = text("state")
    end_reason = text("end_reason")


def present(shape: type[Shape], alias: str) -> Field:
    """Another shape, or an empty object if its row is gone: Android stops at an absent one."""
    source = f"CASE WHEN {alias}.id IS NULL THEN '{{}}'::json ELSE {shape.sql(alias)} END"
    return Field(source, "{source}", shape.schema())


class PromotionItem(Shape):
    """The promotion `p` of the person `u`, of the video `v`, for the audience `a`."""

    Promotion: Field = nested(PromotionShape, "p")
    User: Field = nested(PublicUser, "u")
    Video = present(VideoShape, "v")
    Audience = present(AudienceShape, "a")


class BookedPromotion(PromotionItem):
    """`msg` of addPromotion; Android stores User.wallet as the new balance."""

    User = nested(OwnUser, "u")


class TappedPromotion(Shape):
    """`msg` of destinationTap for anyone but the owner."""

    Promotion = nested(ShownPromotion, "p")
    User = nested(PublicUser, "u")
    Video = present(VideoShape, "v")
