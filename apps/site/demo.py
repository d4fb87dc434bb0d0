"""Pages and stickers for a first look. The operator's own replace them."""

from apps.gifts import demo as drawings
from apps.site.models import HtmlPage, Sticker

NOTE = "<p>This is the demo's text. The operator of this server writes the real one.</p>"
PAGES = [("privacypolicy", "Privacy policy"), ("terms", "Terms of use")]
STICKERS = {
    "Heart": drawings.heart,
    "Star": drawings.star,
    "Balloon": drawings.balloon,
    "Crown": drawings.crown,
    "Rocket": drawings.rocket,
}


def create() -> None:
    """Create the demo pages and stickers that are missing."""
    for name, title in PAGES:
        HtmlPage.objects.get_or_create(name=name, defaults={"title": title, "body": NOTE})
    for position, (title, draw) in enumerate(STICKERS.items()):
        if not Sticker.objects.filter(title=title).exists():
            image = drawings.picture(title, draw, folder="stickers")
            Sticker.objects.create(title=title, image=image, position=position, category="Fun")
