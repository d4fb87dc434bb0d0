"""What the inbox listens to, so that nobody needs to know that there is an inbox.

Receivers run in the sender's transaction: the row in the inbox stands or falls with its cause.
"""

from typing import Any

from django.dispatch import receiver

from apps.gifts import signals as gift_signals
from apps.moderation.models import OperatorAction
from apps.notifications.models import Notification
from apps.notifications.services import notify
from apps.promotions.models import Promotion
from apps.promotions.signals import promotion_decided
from apps.users import signals
from apps.wallet import signals as money
from apps.wallet.models import Payout

Type = Notification.Type
Decision = OperatorAction.Kind


@receiver(signals.followed)
def tell_of_follower(*, follower: int, followed: int, follower_name: str, **kwargs: Any) -> None:
    notify(
        receiver_id=followed,
        sender_id=follower,
        type=Type.FOLLOWING,
        text=f"{follower_name} started following you",
    )


@receiver(signals.follow_requested)
def tell_of_request(*, follower: int, followed: int, follower_name: str, **kwargs: Any) -> None:
    notify(
        receiver_id=followed,
        sender_id=follower,
        type=Type.FOLLOW_REQUEST,
        text=f"{follower_name} wants to follow you. Follow back to accept.",
    )


PAYOUT_TEXTS = {
    Payout.Status.APPROVED: "Your payout of {coins} coins (${amount}) was approved.",
    Payout.Status.PAID: "Your payout of {coins} coins (${amount}) was sent.",
    Payout.Status.REJECTED: "Your payout was rejected. Your {coins} coins are back. {note}",
}


@receiver(money.payout_decided)
def tell_of_payout(*, payout: Payout, operator: int, note: str, **kwargs: Any) -> None:
    text = PAYOUT_TEXTS[Payout.Status(payout.status)]
    notify(
        receiver_id=payout.user_id,
        sender_id=operator,
        type=Type.SYSTEM,
        text=text.format(coins=payout.coins, amount=payout.amount, note=note).strip(),
    )


PROMOTION_TEXTS = {
    Decision.APPROVE_PROMOTION: "Your promotion was approved. {reason}",
    Decision.STOP_PROMOTION: "Your promotion was stopped. Its unspent coins are back. {reason}",
    Decision.REJECT_PROMOTION: "Your promotion was rejected. All its coins are back. {reason}",
}


@receiver(promotion_decided)
def tell_of_promotion(
    *, promotion: Promotion, operator: int, decision: Decision, reason: str, **kwargs: Any
) -> None:
    notify(
        receiver_id=promotion.user_id,
        sender_id=operator,
        type=Type.SYSTEM,
        text=PROMOTION_TEXTS[decision].format(reason=reason).strip(),
        video_id=promotion.video_id or 0,
    )


@receiver(gift_signals.gifts_came)
def tell_of_gifts(
    *, sender_id: int, receiver_id: int, text: str, key: str, video: int, room: int, **kwargs: Any
) -> None:
    """One row and one push a burst; while it goes on, the row's text follows."""
    made = notify(
        receiver_id=receiver_id,
        sender_id=sender_id,
        type=Type.GIFT,
        text=text,
        video_id=video,
        live_streaming_id=room,
        collapse_key=key,
    )
    if made is None:
        Notification.objects.filter(receiver_id=receiver_id, collapse_key=key).exclude(
            text=text
        ).update(text=text)
