"""Every type has a category and a normal form: recorded messages, and made-up ones of the rest."""

from typing import Any

import orjson
import pytest

from apps.capture import decoding
from apps.capture.categories import CATEGORY_BY_TYPE
from apps.capture.copying import dump_json
from apps.capture.normal_form import normalise
from apps.capture.webcast.recording import recorded_messages

RECORDED = list(dict.fromkeys(recorded_messages()))


@pytest.fixture(scope="module")
def classes() -> dict[str, Any]:
    """The 62 classes; building them takes seconds, so not every test process pays for it."""
    return decoding.message_classes()


def filled(message: Any, depth: int = 0) -> Any:
    """The message with a value in every field, down to a depth that ends recursion."""
    for field in message.DESCRIPTOR.fields:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            continue
        if field.message_type is not None:
            if depth < 3:
                part = getattr(message, field.name)
                filled(part.add() if field.is_repeated else part, depth + 1)
                if not field.is_repeated:
                    part.SetInParent()
            continue
        value: Any = {9: "text\x00", 12: b"\xff", 8: True, 1: 1.5, 2: 1.5}.get(field.type, 7)
        if field.is_repeated:
            getattr(message, field.name).append(value)
        else:
            setattr(message, field.name, value)
    return message


def test_every_type_that_the_library_knows_has_a_category_of_its_own(classes):
    assert len(classes) >= 60
    assert not classes.keys() - CATEGORY_BY_TYPE.keys()


def test_every_type_has_a_normal_form_empty_and_full(classes):
    for name, message_class in classes.items():
        for message in (message_class(), filled(message_class())):
            form = normalise(name, message.SerializeToString())
            assert form.error == "", name
            assert form.category == CATEGORY_BY_TYPE[name]
            assert "\x00" not in form.text + form.unique_id + form.nickname + form.subtype
            assert len(form.subtype) <= 40
            assert isinstance(orjson.loads(dump_json(form.data)), dict)


def test_every_recorded_message_of_a_known_type_has_a_normal_form(classes):
    for message in RECORDED:
        form = normalise(message.type, message.payload)
        assert (form.error == "") is (message.type in classes), message.type
        orjson.loads(dump_json(form.data))


def form_of(type_name: str, **found: Any) -> Any:
    """The first recorded message of the type whose normal form has these values."""
    forms = (normalise(m.type, m.payload) for m in RECORDED if m.type == type_name)
    return next(form for form in forms if all(form.data.get(k) == v for k, v in found.items()))


@pytest.mark.parametrize(
    ("type_name", "keys"),
    [
        ("WebcastEnvelopeMessage", {"envelope_id", "diamonds", "people", "opens_at_s", "kind"}),
        ("WebcastGoalUpdateMessage", {"goal_id", "steps", "contributor", "contributed", "status"}),
        ("WebcastPollMessage", {"poll_id", "title", "options", "kind", "users"}),
        ("WebcastOecLiveShoppingMessage", {"action", "product", "products"}),
        ("WebcastRankUpdateMessage", {"ranks"}),
        ("WebcastRankTextMessage", {"rank", "rank_before", "kind", "scene"}),
        ("WebcastHourlyRankRewardMessage", {"winners"}),
        ("WebcastLiveIntroMessage", {"id", "language"}),
        ("WebcastLinkMicArmies", {"battle_id", "scores"}),
        ("WebcastLinkMicBattle", {"battle_id", "hosts", "scores", "status", "duration_s"}),
        ("WebcastQuestionNewMessage", {"question_id"}),
        ("WebcastCaptionMessage", {"texts"}),
        ("WebcastRoomUserSeqMessage", {"viewers", "visitors", "top"}),
        ("WebcastImDeleteMessage", {"message_ids", "user_ids"}),
        ("WebcastRoomPinMessage", {"pinned_message_id"}),
    ],
)
def test_the_fields_of_a_kind_are_always_there(classes, type_name, keys):
    assert keys <= form_of(type_name).data.keys()


def test_a_polls_options_have_texts_and_votes(classes):
    message = classes["WebcastPollMessage"](poll_id=5)
    message.poll_basic_info.title = "Which one?"
    for index, votes in enumerate([3, 4]):
        message.update_votes_content.option_list.add(
            option_idx=index, display_content=f"option {index}", votes=votes
        )
    form = normalise("WebcastPollMessage", message.SerializeToString())
    assert (form.subtype, form.text) == ("update_votes", "Which one?")
    assert form.data["options"] == [
        {"index": 0, "text": "option 0", "votes": 3},
        {"index": 1, "text": "option 1", "votes": 4},
    ]


def test_a_treasure_box_says_who_sent_how_much(classes):
    message = classes["WebcastEnvelopeMessage"]()
    message.envelope_info.send_user_id = "6726675947674178295"
    message.envelope_info.send_user_name = "Ada"
    message.envelope_info.diamond_count = 20
    message.envelope_info.people_count = 10
    form = normalise("WebcastEnvelopeMessage", message.SerializeToString())
    assert (form.user_id, form.nickname) == (6726675947674178295, "Ada")
    assert form.text == "20 diamonds for 10 people"


def test_a_link_message_says_what_kind_it_is(classes):
    message = classes["WebcastLinkLayerMessage"]()
    message.invite_content.SetInParent()
    assert normalise("WebcastLinkLayerMessage", message.SerializeToString()).subtype == "invite"
