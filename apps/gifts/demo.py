"""Gifts of our own making, drawn when they are first needed."""

import io
import math
from collections.abc import Callable

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageDraw

from apps.gifts.models import Gift

SIDE = 256
Point = tuple[float, float]
Draw = ImageDraw.ImageDraw

WHITE, RED, PINK = "#ffffff", "#e8254f", "#ff7fa5"
GOLD, AMBER, GREEN = "#ffc93c", "#f08a24", "#2fa866"
BLUE, NAVY, VIOLET = "#38a3f5", "#26355d", "#8a4df0"


def star_points(center: Point, outer: float, inner: float, tips: int = 5) -> list[Point]:
    points = []
    for step in range(tips * 2):
        radius = inner if step % 2 else outer
        angle = math.pi * step / tips - math.pi / 2
        points.append((center[0] + radius * math.cos(angle), center[1] + radius * math.sin(angle)))
    return points


def heart(draw: Draw) -> None:
    draw.ellipse((40, 50, 136, 146), fill=RED)
    draw.ellipse((120, 50, 216, 146), fill=RED)
    draw.polygon([(53, 130), (128, 80), (203, 130), (128, 216)], fill=RED)
    draw.ellipse((62, 70, 92, 100), fill=PINK)


def rose(draw: Draw) -> None:
    draw.line([(128, 130), (128, 232)], fill=GREEN, width=10)
    draw.ellipse((130, 170, 190, 198), fill=GREEN)
    draw.ellipse((70, 30, 186, 146), fill=RED)
    for inset, color in ((18, PINK), (32, RED), (44, PINK)):
        draw.arc((70 + inset, 30 + inset, 186 - inset, 146 - inset), 20, 300, fill=color, width=8)


def star(draw: Draw) -> None:
    draw.polygon(star_points((128, 134), 104, 44), fill=GOLD, outline=AMBER, width=8)


def balloon(draw: Draw) -> None:
    draw.line([(128, 168), (118, 200), (136, 236)], fill=NAVY, width=4)
    draw.polygon([(114, 182), (142, 182), (128, 164)], fill=VIOLET)
    draw.ellipse((66, 24, 190, 172), fill=VIOLET)
    draw.ellipse((90, 48, 116, 84), fill=WHITE)


def crown(draw: Draw) -> None:
    tips = [(40, 84), (84, 132), (128, 52), (172, 132), (216, 84), (200, 196), (56, 196)]
    draw.polygon(tips, fill=GOLD, outline=AMBER, width=6)
    for x, color in ((84, RED), (128, BLUE), (172, RED)):
        draw.ellipse((x - 11, 160, x + 11, 182), fill=color)


def rocket(draw: Draw) -> None:
    draw.polygon([(100, 190), (156, 190), (128, 246)], fill=AMBER)
    draw.polygon([(60, 200), (96, 130), (96, 190)], fill=RED)
    draw.polygon([(196, 200), (160, 130), (160, 190)], fill=RED)
    draw.ellipse((88, 16, 168, 250), fill=BLUE)
    draw.rectangle((86, 194, 170, 252), fill=(0, 0, 0, 0))
    draw.polygon([(104, 196), (152, 196), (128, 246)], fill=AMBER)
    draw.ellipse((106, 82, 150, 126), fill=WHITE, outline=NAVY, width=6)


# title, coins for one, type, how it is drawn
CATALOGUE: list[tuple[str, int, Gift.Type, Callable[[Draw], None]]] = [
    ("Rose", 1, Gift.Type.NORMAL, rose),
    ("Heart", 10, Gift.Type.NORMAL, heart),
    ("Balloon", 50, Gift.Type.NORMAL, balloon),
    ("Star", 200, Gift.Type.PREMIUM, star),
    ("Crown", 1_000, Gift.Type.PREMIUM, crown),
    ("Rocket", 5_000, Gift.Type.LUXURY, rocket),
]


def create() -> None:
    """Create the gifts that are missing, with their pictures."""
    for order, (title, coin, kind, draw) in enumerate(CATALOGUE):
        if not Gift.objects.filter(title=title).exists():
            image = picture(title, draw)
            Gift.objects.create(title=title, coin=coin, type=kind, order=order, image=image)


def picture(title: str, draw: Callable[[Draw], None], folder: str = "gifts") -> str:
    """The storage name of a drawing, which is made if it is not there."""
    name = f"{folder}/{title.lower()}.png"
    if not default_storage.exists(name):
        image = Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0))
        draw(ImageDraw.Draw(image))
        file = io.BytesIO()
        image.save(file, "PNG", optimize=True)
        name = default_storage.save(name, ContentFile(file.getvalue()))
    return name
