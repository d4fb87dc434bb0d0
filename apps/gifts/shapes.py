"""What the clients are told about gifts. Sources: contract/endpoints.yaml showGifts, sendGift."""

from apps.contract.shapes import Shape, integer, media, text


class GiftShape(Shape):
    """A gift of the catalogue; Android crashes on a price that is no number."""

    id = integer("id")
    title = text("title")
    image = media("image")
    animation = media("animation")
    sound = media("sound")
    coin = integer("coin")
    type = text("type")
