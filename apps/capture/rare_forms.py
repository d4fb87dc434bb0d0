"""Normal forms of the messages that come seldom: goals, polls, treasure boxes, shops, ranks."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from apps.capture.values import clean, first_url, number, plain_values, rendered

if TYPE_CHECKING:
    from apps.capture.normal_form import NormalForm

LONGEST_LIST = 20


def envelope(form: "NormalForm", message: Any) -> None:
    """A treasure box: who sent it, how many diamonds for how many people, and when it opens."""
    info = message.envelope_info
    form.user_id = as_user_id(info.send_user_id)
    form.unique_id = ""
    form.nickname = clean(info.send_user_name)[:200]
    form.subtype = "hidden" if message.display == 2 else ""
    form.data = {
        "envelope_id": clean(info.envelope_id),
        "diamonds": info.diamond_count,
        "people": info.people_count,
        "opens_at_s": info.unpack_at,
        "kind": info.business_type,
    }
    form.text = f"{info.diamond_count} diamonds for {info.people_count} people"


def as_user_id(text: str) -> int | None:
    return int(text) if text.isdecimal() and 0 < int(text[:20]) < 2**63 else None


def goal(form: "NormalForm", message: Any) -> None:
    form.text = message.goal.description
    form.data = {
        "goal_id": number(message.goal.id),
        "kind": message.goal.type,
        "status": message.goal.status,
        "steps": [step(item) for item in list(message.goal.sub_goals)[:LONGEST_LIST]],
        "contributor": {
            "user_id": str(message.contributor_id or ""),
            "unique_id": clean(message.contributor_display_id),
        },
        "contributed": message.contribute_count,
        "score": number(message.contribute_score),
    }
    form.user_id = message.contributor_id or form.user_id
    form.unique_id = form.unique_id or clean(message.contributor_display_id)[:100]


def step(item: Any) -> dict[str, Any]:
    return {
        "id": number(item.id),
        "gift": clean(item.gift.name),
        "progress": number(item.progress),
        "target": number(item.target),
        "image": first_url(item.gift.icon) if has(item.gift, "icon") else "",
    }


def has(message: Any, name: str) -> bool:
    return name in message.DESCRIPTOR.fields_by_name


POLL_STATES = ("start_content", "update_votes_content", "end_content")


def poll(form: "NormalForm", message: Any) -> None:
    """`subtype` is start, update_votes or end; the options stand with their votes up to then."""
    state = next((name for name in POLL_STATES if message.HasField(name)), "")
    form.subtype = state.removesuffix("_content")
    content = getattr(message, state) if state else None
    title = message.start_content.title or message.poll_basic_info.title
    form.text = title
    form.data = {
        "poll_id": number(message.poll_id),
        "kind": message.poll_kind,
        "title": clean(title),
        "options": [
            {"index": item.option_idx, "text": clean(item.display_content), "votes": item.votes}
            for item in (list(content.option_list)[:LONGEST_LIST] if content is not None else [])
        ],
        "users": message.poll_basic_info.user_cnt,
    }


def shopping(form: "NormalForm", message: Any) -> None:
    product = message.pop_product
    form.text = product.title
    form.data = {
        "action": message.action_type,
        "products": message.live_product_number,
        "product": {
            "id": str(product.product_id or ""),
            "title": clean(product.title),
            "price": clean(product.price),
            "url": clean(product.open_url),
            "image": clean(product.image_url),
        },
    }


def rank_update(form: "NormalForm", message: Any) -> None:
    updates = list(message.updates)[:LONGEST_LIST]
    form.text = rendered(updates[0].default_content) if updates else ""
    form.data = plain_values(message) | {
        "ranks": [
            {
                "kind": item.rank_type,
                "rank": item.own_rank,
                "text": clean(rendered(item.default_content)),
                "score": number(item.current_score),
            }
            for item in updates
        ]
    }


def rank_text(form: "NormalForm", message: Any) -> None:
    form.text = rendered(message.content)
    form.data = {
        "scene": message.scene,
        "rank_before": message.owner_idx_before_update,
        "rank": message.owner_idx_after_update,
        "kind": message.rank_type,
    }


def hourly_reward(form: "NormalForm", message: Any) -> None:
    winners = list(message.winners)[:LONGEST_LIST]
    form.text = rendered(winners[0].notify) if winners else ""
    form.data = {"winners": [str(winner.user_id) for winner in winners]}


def guest_newcomer(form: "NormalForm", message: Any) -> None:
    """Somebody without an account came in."""
    form.subtype = "guest"
    form.nickname = clean(message.nick_name)[:200]
    form.text = rendered(message.enter_text)
    form.data = {"action": message.action}


def link(form: "NormalForm", message: Any) -> None:
    """What kind of link message it is stands in the one content that is set."""
    form.data = plain_values(message)
    contents = [field.name for field, _ in message.ListFields() if field.name.endswith("_content")]
    form.subtype = contents[0].removesuffix("_content")[:40] if contents else ""
    form.text = clean(form.data.get("tips", ""))


def intro(form: "NormalForm", message: Any) -> None:
    form.text = message.content
    form.data = {"id": number(message.id), "language": clean(message.content_language)}


def broadcast(form: "NormalForm", message: Any) -> None:
    form.user_id = message.from_user_id or form.user_id
    form.text = rendered(message.notify)
    form.data = plain_values(message)


def punish_finish(form: "NormalForm", message: Any) -> None:
    form.subtype = "punish_finish"
    form.data = {"battle_id": str(message.battle_id), "reason": message.reason}


RARE_FORMS: dict[str, Callable[["NormalForm", Any], None]] = {
    "WebcastEnvelopeMessage": envelope,
    "WebcastGiftBroadcastMessage": broadcast,
    "WebcastGoalUpdateMessage": goal,
    "WebcastHourlyRankRewardMessage": hourly_reward,
    "WebcastLinkLayerMessage": link,
    "WebcastLinkMessage": link,
    "WebcastLinkMicBattlePunishFinish": punish_finish,
    "WebcastLinkMicMethod": link,
    "WebcastLiveIntroMessage": intro,
    "WebcastOecLiveShoppingMessage": shopping,
    "WebcastPollMessage": poll,
    "WebcastRankTextMessage": rank_text,
    "WebcastRankUpdateMessage": rank_update,
    "WebcastUnauthorizedMemberMessage": guest_newcomer,
}
