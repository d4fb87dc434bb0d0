"""What an operator has filled in, as the clients read it."""

from typing import Any

import orjson
from django.conf import settings

from apps.contract.shapes import Shape, fetch_json, flag, integer, media, moment, nested, text
from apps.site.models import AppSetting

LICENSE = "license"


class SliderShape(Shape):
    """A banner; older clients read `link`."""

    id = integer("id")
    image = media("image")
    url = text("url")
    link = text("url")


class InterestShape(Shape):
    """The statement gives `user_id` (0: a guest)."""

    id = integer("id")
    title = text("title")
    icon = media("icon")
    image = media("icon")
    selected = flag(
        "EXISTS (SELECT FROM site_interestpick k"
        " WHERE k.user_id = %(user_id)s AND k.interest_id = {t}.id)"
    )


class SectionShape(Shape):
    id = integer("id")
    title = text("title")


class LanguageShape(Shape):
    """The statement gives `user_id` (0: a guest)."""

    id = integer("id")
    code = text("code")
    name = text("name")
    title = text("name")
    selected = flag(
        "EXISTS (SELECT FROM site_languagepick k"
        " WHERE k.user_id = %(user_id)s AND k.language_id = {t}.id)"
    )


class StickerShape(Shape):
    id = integer("id")
    title = text("title")
    name = text("title")
    category = text("category")
    image = media("image")
    used_count = integer("used_count")
    created = moment("created_at")


class StickerItem(Shape):
    Sticker = nested(StickerShape, "t")


STICKERS_PER_PAGE = 40
STICKER_PAGES = 50
STICKERS_SQL = f"""
    SELECT {StickerItem.sql("t")} FROM site_sticker t WHERE t.is_shown
    ORDER BY t.position, t.id LIMIT {STICKERS_PER_PAGE} OFFSET %(offset)s
"""
SLIDERS_SQL = f"""
    SELECT json_build_object('AppSlider', {SliderShape.sql("s")}, 'Slider', {SliderShape.sql("s")})
    FROM site_appslider s WHERE s.is_shown ORDER BY s.position, s.id LIMIT 50
"""
INTERESTS_SQL = f"""
    SELECT json_build_object('Interest', {InterestShape.sql("i")})
    FROM site_interest i JOIN site_interestsection s ON s.id = i.section_id
    ORDER BY s.position, s.id, i.position, i.id LIMIT 500
"""
SECTIONS_SQL = f"""
    SELECT json_build_object('InterestSection', {SectionShape.sql("s")}, 'Interest', (
        SELECT json_agg({InterestShape.sql("i")} ORDER BY i.position, i.id)
        FROM site_interest i WHERE i.section_id = s.id))
    FROM site_interestsection s
    WHERE EXISTS (SELECT FROM site_interest i WHERE i.section_id = s.id)
    ORDER BY s.position, s.id LIMIT 100
"""
LANGUAGES_SQL = f"""
    SELECT json_build_object('Language', {LanguageShape.sql("l")})
    FROM site_language l ORDER BY l.position, l.id LIMIT 200
"""


def app_settings() -> list[dict[str, Any]]:
    """What the apps read at their start. `coin_worth` (coins for a dollar) is not a row, so that
    it can't differ from what the wallet pays."""
    filled = AppSetting.objects.exclude(value="").order_by("type")
    rows = dict(filled.values_list("type", "value"))
    rows["coin_worth"] = f"{1 / settings.COIN_WORTH_USD:g}"
    return [
        {"Setting": {"id": number, "type": kind, "value": value}}
        for number, (kind, value) in enumerate(rows.items(), start=1)
    ]


def sliders(*, media_url: str) -> list[orjson.Fragment]:
    return fetch_json(SLIDERS_SQL, {"media_url": media_url})


def interests(*, user_id: int, media_url: str) -> list[orjson.Fragment]:
    return fetch_json(INTERESTS_SQL, {"user_id": user_id, "media_url": media_url})


def interest_sections(*, user_id: int, media_url: str) -> list[orjson.Fragment]:
    return fetch_json(SECTIONS_SQL, {"user_id": user_id, "media_url": media_url})


def languages(*, user_id: int) -> list[orjson.Fragment]:
    return fetch_json(LANGUAGES_SQL, {"user_id": user_id})


def stickers(*, page: int, media_url: str) -> list[orjson.Fragment]:
    """A page of the catalogue, as operators have ordered it."""
    if page >= STICKER_PAGES:
        return []
    parameters = {"media_url": media_url, "offset": page * STICKERS_PER_PAGE}
    return fetch_json(STICKERS_SQL, parameters)


def is_licensed() -> bool:
    """What showLicense says: the operators' word, or that of the environment."""
    row = AppSetting.objects.filter(type=LICENSE).exclude(value="").first()
    return row.value.strip().lower() == "extended" if row else settings.UNLOCK_DUETS
