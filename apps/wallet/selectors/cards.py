"""Saved cards as their owner sees them. Sources: contract/endpoints.yaml, showUserCards."""

import orjson

from apps.contract.shapes import fetch_json
from apps.wallet.models import PaymentCard
from apps.wallet.shapes import CardShape

CARDS_SQL = f"""
    SELECT {CardShape.sql("c")} FROM wallet_paymentcard c
    WHERE c.user_id = %(user_id)s ORDER BY c.is_default DESC, c.id DESC
"""


def cards(*, user_id: int) -> list[orjson.Fragment]:
    """A person's saved cards, the default first, then the newest."""
    return fetch_json(CARDS_SQL, {"user_id": user_id})


def saved_card(*, user_id: int, card_id: int) -> str:
    """Under which id Stripe knows a person's own card, or ""."""
    own = PaymentCard.objects.filter(pk=card_id, user_id=user_id)
    return own.values_list("payment_method_id", flat=True).first() or ""
