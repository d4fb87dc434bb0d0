"""The C parser's values equal the stock classes' on every recorded message that those know."""

from collections import Counter
from typing import Any

import betterproto2
import pytest

from apps.capture import decoding
from apps.capture.categories import CATEGORY_BY_TYPE
from apps.capture.models import Category
from apps.capture.normal_form import normalise
from apps.capture.webcast.recording import recorded_messages

DISTINCT = list(dict.fromkeys(recorded_messages()))
# In these the stock parser fails by a fault of its own (a name that is resolved too late).
STOCK_FAILURES = {"WebcastLinkLayerMessage"}


@pytest.fixture(scope="module")
def stock_classes():
    """TikTokLive's classes; the import takes seconds, so not every test process pays for it."""
    from TikTokLive.events.proto_events import EVENT_MAPPINGS

    return {name: decoding.proto_class(event) for name, event in EVENT_MAPPINGS.items()}


def stock_values(message: betterproto2.Message) -> dict[str, Any]:
    """The set fields of a stock object as plain values; enums as numbers, defaults left out."""
    values = {}
    for name in message._betterproto.meta_by_field_name:
        value = getattr(message, name)
        if isinstance(value, betterproto2.Message) or value not in (None, 0, "", b"", [], {}):
            values[name] = plain(value)
    return values


def plain(value: Any) -> Any:
    if isinstance(value, betterproto2.Message):
        return stock_values(value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return int(value) if isinstance(value, betterproto2.Enum) else value


def test_values_equal_the_stock_classes_on_every_recorded_message(stock_classes):
    compared = set()
    for recorded in DISTINCT:
        if recorded.type not in stock_classes:
            continue
        ours = decoding.to_dict(decoding.parse(recorded.type, recorded.payload))
        try:
            stock = stock_classes[recorded.type]().parse(recorded.payload)
        except Exception:
            assert recorded.type in STOCK_FAILURES
            continue
        assert ours == stock_values(stock), recorded.type
        compared.add(recorded.type)
    assert compared == {message.type for message in DISTINCT} & stock_classes.keys()


def test_every_known_type_has_a_message_class(stock_classes):
    assert decoding.message_classes().keys() == stock_classes.keys()


def test_no_recorded_message_of_a_known_type_is_unparsable():
    errors = Counter(
        form.error
        for message in DISTINCT
        if (form := normalise(message.type, message.payload)).error
    )
    assert set(errors) == {"No class for this type."}


def test_broken_bytes_are_unparsable():
    with pytest.raises(decoding.Unparsable):
        decoding.parse("WebcastChatMessage", b"\xff\xff")


def test_categories_are_the_twenty_of_the_model():
    assert set(CATEGORY_BY_TYPE.values()) == set(Category.values) - {"other"}


def first(type_name: str) -> Any:
    return next(
        normalise(message.type, message.payload)
        for message in DISTINCT
        if message.type == type_name
    )


def test_a_comment_says_who_wrote_what():
    form = first("WebcastChatMessage")
    assert form.category == "chat"
    assert form.text == "اتحداك"
    assert (form.user_id, form.unique_id) == (6726675947674178295, "awegnxtpginb3421")
    assert form.nickname
    assert form.happened_ms == 1696447177078


def test_a_follow_is_social_and_reads_as_a_sentence():
    form = first("WebcastSocialMessage")
    assert (form.category, form.subtype) == ("social", "follow")
    assert form.text == f"{form.nickname} followed the LIVE creator"


def test_likes_count_taps_and_know_the_rooms_total():
    form = first("WebcastLikeMessage")
    assert (form.likes, form.room_likes) == (15, 46782)


def test_a_gift_within_a_streak_is_open():
    form = first("WebcastGiftMessage")
    assert form.gift is not None
    assert (form.gift.name, form.gift.count, form.gift.closed) == ("Rose", 2, False)
    assert form.subtype == "streak"
    assert form.text == "2 x Rose"


def test_the_viewers_are_those_who_watch_now():
    form = first("WebcastRoomUserSeqMessage")
    assert form.viewers == 8
    assert form.data["visitors"] == 191


def test_numbers_too_big_for_javascript_are_texts():
    form = first("WebcastQuestionNewMessage")
    assert form.data["question_id"] == "6287232792276271630"
