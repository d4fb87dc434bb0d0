"""What a message says, in one form for all types: who, what kind, which text, which numbers.

Pure functions. `normalise` never raises: what can't be parsed comes back with `error` set and
is stored raw. The fields that only one type has go to `data`; types without a form of their own
here get their plain top-level values. Whole numbers that JavaScript can't hold are texts.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from apps.capture import decoding
from apps.capture.categories import category_of
from apps.capture.rare_forms import RARE_FORMS
from apps.capture.values import clean, first_url, number, plain_values, rendered

STREAKABLE = 1
TEXT_FIELDS = {"content", "description", "notify_text", "title", "toast"}
UNKNOWN_TYPE = "No class for this type."
UNREADABLE_FRAME = "unreadable_frame"


@dataclass(slots=True)
class GiftGiven:
    """`count` is the streak's running count, not an addition to it."""

    key: str
    gift_id: int
    name: str
    count: int
    diamonds_each: int
    closed: bool


@dataclass(slots=True)
class NormalForm:
    category: str
    subtype: str = ""
    user_id: int | None = None
    unique_id: str = ""
    nickname: str = ""
    text: str = ""
    happened_ms: int = 0
    data: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    likes: int = 0
    room_likes: int = 0
    viewers: int | None = None
    gift: GiftGiven | None = None


def normalise(type_name: str, payload: bytes) -> NormalForm:
    """The normal form of one of TikTok's messages."""
    form = NormalForm(category_of(type_name))
    if type_name == UNREADABLE_FRAME:
        form.error = "The frame could not be read."
        return form
    try:
        message = decoding.parse(type_name, payload)
        if message is None:
            form.error = UNKNOWN_TYPE
            return form
        fill(form, type_name, message)
    except decoding.Unparsable as error:
        return NormalForm(form.category, error=str(error)[:200] or "Unparsable.")
    except Exception as error:
        # Not foreseen, and no reason to lose the message.
        return NormalForm(form.category, error=f"{type(error).__name__}: {error}"[:200])
    return form


def fill(form: NormalForm, type_name: str, message: Any) -> None:
    form.happened_ms = message.common.create_time
    fill_user(form, user_of(message))
    special = FORMS.get(type_name)
    if special is not None:
        special(form, message)
    else:
        form.data = plain_values(message)
        form.text = text_of(message)
    form.text = clean(form.text)


def user_of(message: Any) -> Any:
    for name in user_fields(message.DESCRIPTOR):
        if message.HasField(name):
            return getattr(message, name)
    return None


@cache
def user_fields(descriptor: Any) -> list[str]:
    names = descriptor.fields_by_name
    return [name for name in ("user", "operator") if name in names]


def fill_user(form: NormalForm, user: Any) -> None:
    if user is None:
        return
    form.user_id = user.id or None
    form.unique_id = clean(user.display_id)[:100]
    form.nickname = clean(user.nickname)[:200]


def text_of(message: Any) -> str:
    """What a viewer would read: the message's own content, else the room's sentence for it."""
    for name in text_fields(message.DESCRIPTOR):
        value = getattr(message, name)
        text = value if isinstance(value, str) else rendered(value)
        if text:
            return text
    return rendered(message.common.display_text)


@cache
def text_fields(descriptor: Any) -> list[str]:
    return [
        field.name
        for field in sorted(descriptor.fields, key=lambda each: each.number)
        if field.name in TEXT_FIELDS and not field.is_repeated
    ]


# --- The types with a form of their own ------------------------------------------------------


def chat(form: NormalForm, message: Any) -> None:
    form.text = message.content
    form.data = {"language": message.content_language}
    if message.HasField("at_user"):
        form.data["mentions"] = clean(message.at_user.display_id)
    if message.emotes:
        form.data["emotes"] = [emote.emote.emote_id for emote in message.emotes]


def gift(form: NormalForm, message: Any) -> None:
    """Counts are cumulative within a streak; only `type` 1 can streak."""
    streakable = message.gift.type == STREAKABLE
    closed = bool(message.repeat_end) or not streakable
    count = max(message.repeat_count, 1)
    gift_id = message.gift_id or message.gift.id
    # Without a streak's number every message is a gift of its own: the caller sets its key.
    key = f"{form.user_id}:{gift_id}:{message.group_id}" if streakable else ""
    name = clean(message.gift.name)[:100]
    form.gift = GiftGiven(key, gift_id, name, count, max(message.gift.diamond_count, 0), closed)
    form.subtype = "" if closed else "streak"
    form.text = f"{count} x {name}"
    form.data = {
        "gift_id": gift_id,
        "name": name,
        "count": count,
        "diamonds_each": form.gift.diamonds_each,
        "diamonds": count * form.gift.diamonds_each,
        "streakable": streakable,
        "closed": closed,
        "streak_id": number(message.group_id),
        "image": first_url(message.gift.image),
    }
    if message.HasField("to_user"):
        form.data["to"] = clean(message.to_user.display_id)


def like(form: NormalForm, message: Any) -> None:
    """`count` is this batch of taps; `total` is the room's own running total."""
    form.likes = max(message.count, 0)
    form.room_likes = max(message.total, 0)
    form.text = rendered(message.common.display_text)
    form.data = {"count": form.likes, "total": form.room_likes}


def member(form: NormalForm, message: Any) -> None:
    form.text = rendered(message.common.display_text)
    form.subtype = "join" if message.action in (0, 1) else f"action_{message.action}"
    form.data = {"action": message.action, "members": message.member_count}


def social(form: NormalForm, message: Any) -> None:
    """TikTokLive fires a FollowEvent or ShareEvent as well; this counts each once."""
    key = message.common.display_text.key
    form.text = rendered(message.common.display_text)
    if "follow" in key or message.action == 1:
        form.subtype = "follow"
    elif "share" in key or message.action == 3:
        form.subtype = "share"
    form.data = {
        "action": message.action,
        "followers": message.follow_count,
        "shares": message.share_count,
    }


def subscribe(form: NormalForm, message: Any) -> None:
    form.subtype = "subscribe"
    form.text = rendered(message.common.display_text)
    form.data = {"months": message.sub_month} | plain_values(message)


def emote(form: NormalForm, message: Any) -> None:
    form.data = {
        "emotes": [
            {"id": item.emote_id, "image": first_url(item.image)} for item in message.emote_list
        ]
    }


def question(form: NormalForm, message: Any) -> None:
    fill_user(form, message.data.user)
    form.text = message.data.content
    form.data = {"question_id": number(message.data.question_id)}


def room_users(form: NormalForm, message: Any) -> None:
    """`total` is who watches now, `total_user` who has ever been in."""
    form.viewers = max(message.total, 0)
    form.subtype = "viewers"
    form.data = {
        "viewers": form.viewers,
        "visitors": message.total_user,
        "top": [
            {
                "user_id": str(item.user.id),
                "unique_id": clean(item.user.display_id),
                "nickname": clean(item.user.nickname),
                "score": item.score,
            }
            for item in list(message.ranks)[:10]
        ],
    }


CONTROL_ACTIONS = {1: "pause", 2: "resume", 3: "end", 4: "suspend"}


def control(form: NormalForm, message: Any) -> None:
    form.subtype = CONTROL_ACTIONS.get(message.action, f"action_{message.action}")
    form.text = message.tips
    form.data = {"action": message.action, "source": clean(message.extra.source)}


def caption(form: NormalForm, message: Any) -> None:
    form.text = " ".join(part.content for part in message.content)
    form.data = plain_values(message) | {
        "texts": [{"language": part.lang, "text": clean(part.content)} for part in message.content]
    }


def battle(form: NormalForm, message: Any) -> None:
    form.data = {
        "battle_id": str(message.battle_id),
        "action": message.action,
        "status": message.battle_settings.status,
        "duration_s": message.battle_settings.duration,
        "scores": {str(key): result.score for key, result in message.battle_result.items()},
        "hosts": [
            {
                "user_id": str(anchor.value.user.user_id),
                "unique_id": clean(anchor.value.user.display_id),
                "nickname": clean(anchor.value.user.nick_name),
            }
            for anchor in message.anchors_info
        ],
    }


def armies(form: NormalForm, message: Any) -> None:
    form.data = {
        "battle_id": str(message.battle_id),
        "scores": {str(key): army.hostscore for key, army in message.armies.items()},
    }


def pin(form: NormalForm, message: Any) -> None:
    form.text = message.chat_message.content
    form.data = {
        "method": clean(message.method),
        "pinned_message_id": str(message.pin_msg_id),
        "action": message.action,
    }


def deletion(form: NormalForm, message: Any) -> None:
    form.data = {
        "message_ids": [str(item) for item in message.delete_msg_ids],
        "user_ids": [str(item) for item in message.delete_user_ids],
    }


FORMS: dict[str, Callable[[NormalForm, Any], None]] = {
    **RARE_FORMS,
    "WebcastCaptionMessage": caption,
    "WebcastChatMessage": chat,
    "WebcastControlMessage": control,
    "WebcastEmoteChatMessage": emote,
    "WebcastGiftMessage": gift,
    "WebcastImDeleteMessage": deletion,
    "WebcastLikeMessage": like,
    "WebcastLinkMicArmies": armies,
    "WebcastLinkMicBattle": battle,
    "WebcastMemberMessage": member,
    "WebcastQuestionNewMessage": question,
    "WebcastRoomPinMessage": pin,
    "WebcastRoomUserSeqMessage": room_users,
    "WebcastSocialMessage": social,
    "WebcastSubNotifyMessage": subscribe,
}
