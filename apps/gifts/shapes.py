"""What the clients are told about gifts. Sources: contract/endpoints.yaml showGifts, sendGift."""

from apps.contract.shapes import Shape, integer, media, moment, nested, text
from apps.users.shapes import PublicUser


class GiftShape(Shape):
    """A gift of the catalogue; Android crashes on a price that is no number."""

    id = integer("id")
    title = text("title")
    image = media("image")
    animation = media("animation")
    sound = media("sound")
    coin = integer("coin")
    type = text("type")


class SentGiftShape(Shape):
    id = integer("id")
    sender_id = integer("sender_id")
    receiver_id = integer("receiver_id")
    video_id = integer("video_id")
    gift_id = integer("gift_id")
    gift_count = integer("count")
    coins = integer("coins")
    created = moment("created_at")


class SentGiftItem(Shape):
    """The sent gift `s` of the person `u`, and what it was."""

    SentGift = nested(SentGiftShape, "s")
    User = nested(PublicUser, "u")
    Gift = nested(GiftShape, "g")
