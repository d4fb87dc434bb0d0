"""Payloads that an app parks for a web page of a checkout, for an hour."""

import secrets

from django.utils import timezone

from apps.wallet.models import OrderSession

MAX_ID = 2**53  # what JavaScript still counts exactly


def park(*, user_id: int, payload: str) -> OrderSession:
    """Keep a payload under an id that can't be guessed."""
    return OrderSession.objects.create(
        id=1 + secrets.randbelow(MAX_ID - 1), user_id=user_id, payload=payload
    )


def forget_old_sessions() -> int:
    """Delete what was parked longer ago than an hour; how many rows."""
    return OrderSession.objects.filter(created_at__lt=timezone.now() - OrderSession.LIFE).delete()[
        0
    ]
