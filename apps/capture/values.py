"""Values of TikTok's messages as plain ones: texts without NUL, numbers JavaScript can hold."""

import re
from functools import cache
from typing import Any

# What JavaScript's numbers hold exactly.
SAFE_INTEGER = 2**53 - 1
PLACEHOLDER = re.compile(r"\{(\d+):[^}]*\}")


def clean(text: str) -> str:
    """PostgreSQL's texts hold every character but NUL."""
    return text.replace("\x00", "") if "\x00" in text else text


def number(value: int) -> int | str:
    return value if -SAFE_INTEGER <= value <= SAFE_INTEGER else str(value)


def plain_values(message: Any) -> dict[str, Any]:
    """The set fields of the message that are single numbers, texts or flags."""
    values: dict[str, Any] = {}
    for name, may_be_set_to_nothing in plain_fields(message.DESCRIPTOR):
        value = getattr(message, name)
        if not value and not (may_be_set_to_nothing and message.HasField(name)):
            continue
        if isinstance(value, str):
            values[name] = clean(value)
        elif isinstance(value, bool | float):
            values[name] = value
        elif isinstance(value, int):
            values[name] = number(value)
    return values


@cache
def plain_fields(descriptor: Any) -> list[tuple[str, bool]]:
    """Names of a class' single numbers, texts and flags, and whether each knows that it is set."""
    return [
        (field.name, field.has_presence)
        for field in sorted(descriptor.fields, key=lambda each: each.number)
        if field.message_type is None and not field.is_repeated
    ]


def rendered(text: Any) -> str:
    """TikTok's sentence with its blanks filled: "{0:user} joined" -> "ada joined"."""
    pattern: str = getattr(text, "default_pattern", "")
    if "{" not in pattern:
        return pattern
    pieces = text.pieces

    def fill_in(match: re.Match[str]) -> str:
        index = int(match[1])
        return piece_text(pieces[index]) if index < len(pieces) else ""

    return PLACEHOLDER.sub(fill_in, pattern)


def piece_text(piece: Any) -> str:
    if piece.string_value:
        return piece.string_value
    if piece.HasField("user_value"):
        return piece.user_value.user.nickname
    if piece.HasField("gift_value"):
        return rendered(piece.gift_value.name_ref)
    return ""


def first_url(image: Any) -> str:
    return clean(image.url_list[0]) if image.url_list else ""
