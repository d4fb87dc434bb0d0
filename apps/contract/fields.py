"""Input fields that take what the shipped clients send.

Both send most numbers as text, guests as "0", and unset values as "" or null
(contract/ios/NOTES.md "Pagination, dates, values"; contract/android/NOTES.md).
"""

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson
from rest_framework import serializers

MAX_ID = 2**63 - 1
# Texts by which one client or the other says "nothing".
ABSENT_TEXTS = {"", "null", "nil", "(null)", "undefined"}
# One pair of Swift's debug text for dictionaries: "name": "bob"
SWIFT_PAIR = re.compile(r'"((?:[^"\\]|\\.)*)"\s*:\s*(?:"((?:[^"\\]|\\.)*)"|([^,\]\s]+))', re.DOTALL)
SWIFT_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|(.))", re.DOTALL)


class LenientMixin:
    """Turns the clients' ways to say "nothing" into an absent value."""

    absent: set[str] = ABSENT_TEXTS

    def get_value(self, dictionary: Any) -> Any:
        value = super().get_value(dictionary)  # type: ignore[misc]
        if value is None or (isinstance(value, str) and value.strip() in self.absent):
            return serializers.empty
        return value


class TextField(LenientMixin, serializers.CharField):
    """Text without NUL characters, stripped; numbers are taken as their digits."""

    absent = {""}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 500)
        super().__init__(**kwargs)


class TokenField(LenientMixin, serializers.CharField):
    """A proof of identity; "0" is a guest."""

    absent = ABSENT_TEXTS | {"0"}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=4096, **kwargs)


class IdField(LenientMixin, serializers.IntegerField):
    """A row's id, as a number or its digits; 0 means absent."""

    absent = ABSENT_TEXTS | {"0"}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=MAX_ID, **kwargs)

    def get_value(self, dictionary: Any) -> Any:
        value = super().get_value(dictionary)
        return serializers.empty if value == 0 and value is not False else value

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool | float):
            self.fail("invalid")
        return super().to_internal_value(data)


class IntField(LenientMixin, serializers.IntegerField):
    """A whole number, as a number or its digits ("500", "500.0")."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("min_value", 0)
        kwargs.setdefault("max_value", 2**31 - 1)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class PageField(IntField):
    """`starting_point`: the zero-based number of the page."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default=0, max_value=10_000, **kwargs)


class FlagField(LenientMixin, serializers.BooleanField):
    """0 or 1, as a number, text or boolean."""


class CoordinateField(LenientMixin, serializers.FloatField):
    """Degrees. The clients send "0.0" before they know where they are."""

    absent = ABSENT_TEXTS | {"0", "0.0"}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=-180, max_value=180, **kwargs)


class MoneyField(LenientMixin, serializers.Field):
    """A price as the apps show it ("$0.99", "4,99 €", 4.99); becomes a Decimal.

    What it says is never believed: it is kept as the client's claim.
    """

    default_error_messages = {"invalid": "A valid price is needed."}
    MAX = Decimal(10) ** 8

    def to_internal_value(self, data: Any) -> Decimal:
        digits = "".join(c for c in str(data).replace(",", ".") if c.isdigit() or c in ".-")
        try:
            amount = Decimal(digits)
        except InvalidOperation:
            self.fail("invalid")
        if not 0 <= amount < self.MAX:
            self.fail("invalid")
        return amount.quantize(Decimal("0.01"))

    def to_representation(self, value: Decimal) -> str:
        return str(value)


class DateField(LenientMixin, serializers.Field):
    """A day. Android does not pad it: 2000-1-31."""

    default_error_messages = {"invalid": "A date like 2000-01-31 is needed."}

    def to_internal_value(self, data: Any) -> date:
        try:
            year, month, day = (int(part) for part in str(data)[:10].strip().split("-"))
            return date(year, month, day)
        except (ValueError, OverflowError):
            self.fail("invalid")

    def to_representation(self, value: date) -> str:
        return value.isoformat()


class MomentField(LenientMixin, serializers.Field):
    """`YYYY-MM-DD HH:MM:SS`, read as UTC; some clients send their local time."""

    default_error_messages = {"invalid": "A time like 2026-01-31 18:30:00 is needed."}

    def to_internal_value(self, data: Any) -> datetime:
        from datetime import UTC

        try:
            moment = datetime.fromisoformat(str(data).strip())
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            self.fail("invalid")

    def to_representation(self, value: datetime) -> str:
        return value.strftime("%Y-%m-%d %H:%M:%S")


class JsonField(LenientMixin, serializers.Field):
    """A JSON value, or JSON written inside a text, as forms send it."""

    default_error_messages = {"invalid": "This value can't be read."}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            return data
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError:
            self.fail("invalid")

    def to_representation(self, value: Any) -> Any:
        return value


class ObjectsField(JsonField):
    """A list of small objects: JSON, JSON inside a text, or Swift's debug text for it.

    iOS writes `[["name": "bob"], ["name": "eve"]]` (contract/ios/NOTES.md "Outside the endpoint
    list"); each pair there becomes an object of its own. What is no object is left out.
    """

    MOST = 100

    def to_internal_value(self, data: Any) -> list[dict[str, Any]]:
        try:
            value = orjson.loads(data) if isinstance(data, str) else data
        except orjson.JSONDecodeError:
            value = swift_pairs(data)
        items = value if isinstance(value, list) else [value]
        return [item for item in items if isinstance(item, dict)][: self.MOST]


class IdsField(LenientMixin, serializers.Field):
    """People or things to choose: `[{key: id}]` or `[id]`, as JSON or JSON inside a text."""

    def __init__(self, key: str, most: int, **options: Any) -> None:
        super().__init__(help_text=f"[{{{key}}}]", **options)
        self.key, self.most = key, most

    def to_internal_value(self, data: Any) -> list[int]:
        try:
            items = orjson.loads(data) if isinstance(data, str) else data
        except orjson.JSONDecodeError:
            items = []
        items = items if isinstance(items, list) else []
        given = [item.get(self.key) if isinstance(item, dict) else item for item in items]
        texts = [str(value).strip() for value in given]
        ids = [
            int(text) for text in texts if text.isascii() and text.isdecimal() and len(text) < 20
        ]
        ids = [number for number in ids if 0 < number <= MAX_ID]
        if not ids or len(ids) != len(items) or len(ids) > self.most:
            raise serializers.ValidationError(f"choose between 1 and {self.most} people.")
        return ids

    def to_representation(self, value: Any) -> Any:
        return value


def swift_pairs(text: str) -> list[dict[str, str]]:
    return [
        {swift_text(key): swift_text(quoted) or bare}
        for key, quoted, bare in SWIFT_PAIR.findall(text)
    ]


def swift_text(literal: str) -> str:
    r"""What stands inside the quotes of a Swift text: \" \\ \n \u{1F600} become themselves."""

    def character(match: re.Match[str]) -> str:
        if match[1]:
            return bytes.fromhex(f"{int(match[1], 16):08x}").decode("utf-32-be", "ignore")
        return {"n": "\n", "t": "\t", "r": "\r", "0": ""}.get(match[2], match[2])

    return SWIFT_ESCAPE.sub(character, literal)


class FileField(LenientMixin, serializers.FileField):
    """A file part of a multipart body."""
