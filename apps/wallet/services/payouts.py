"""Money for earned coins. The coins are held from the request until an operator has decided."""

from decimal import ROUND_CEILING, ROUND_DOWN, Decimal

from django.conf import settings
from django.db import IntegrityError, transaction

from apps.audit import services as audit
from apps.contract.answers import Refused
from apps.users.models import User
from apps.wallet import ledger, signals
from apps.wallet.models import Account, Payout, PayoutMethod, PayoutStep, Transfer

# The Android app keeps quiet at exactly this sentence; at any other it asks for a payout account.
OPEN_ALREADY = "You have already requested a payout."
NO_METHOD = "Please add a payout account first."
TOO_POOR = "You have not earned that many coins. Coins that were bought can't be paid out."
FROZEN = "Your wallet is frozen. Please write to the support."
Status = Payout.Status
NEXT = {
    Status.APPROVED: [Status.PENDING],
    Status.PAID: [Status.APPROVED],
    Status.REJECTED: [Status.PENDING, Status.APPROVED],
}


@transaction.atomic
def save_method(*, user_id: int, kind: PayoutMethod.Type, value: str) -> PayoutMethod:
    """Remember where a person's money goes; an older one of the same type is overwritten."""
    method, _ = PayoutMethod.objects.update_or_create(
        user_id=user_id, type=kind, defaults={"value": value}
    )
    User.objects.filter(pk=user_id).update(paypal=value)  # where the Android app reads it back
    return method


def request_payout(*, user_id: int, coins: int, destination: str = "") -> Payout:
    """Hold `coins` earned coins and ask for their worth. Locks the person's earned account.

    The money goes to `destination`, which becomes a PayPal method when it is none yet; without
    one, to the method that was saved last. Raises Refused.
    """
    if Payout.objects.filter(user_id=user_id, status__in=Payout.OPEN).exists():
        raise Refused(OPEN_ALREADY)
    if coins < settings.PAYOUT_MIN_COINS:
        raise Refused(f"At least {settings.PAYOUT_MIN_COINS} coins can be paid out.")
    try:
        with transaction.atomic():
            method = method_for(user_id, destination)
            payout = Payout.objects.create(
                user_id=user_id,
                coins=coins,
                amount=worth(coins),
                method_type=method.type,
                destination=method.value,
            )
            PayoutStep.objects.create(payout=payout, status=Status.PENDING)
            hold(payout)
            if ledger.is_frozen(user_id):
                raise Refused(FROZEN)
    except ledger.NotEnoughCoins as error:
        raise Refused(TOO_POOR) from error
    except IntegrityError as error:
        if "wallet_payout_one_open" not in str(error):
            raise
        raise Refused(OPEN_ALREADY) from error
    return payout


def method_for(user_id: int, destination: str) -> PayoutMethod:
    methods = PayoutMethod.objects.filter(user_id=user_id).order_by("-saved_at")
    method = next((m for m in methods if destination in ("", m.value)), None)
    if method is None and not destination:
        raise Refused(NO_METHOD)
    return method or save_method(user_id=user_id, kind=PayoutMethod.Type.PAYPAL, value=destination)


def hold(payout: Payout) -> None:
    """Move the coins aside. What is pending is settled first: it can be paid out, too."""
    earned = ledger.account_id(owner_id=payout.user_id, kind=Account.Kind.EARNED)
    ledger.settle(earned)
    ledger.post(
        key=f"payout:{payout.id}",
        reason=Transfer.Reason.PAYOUT,
        subject_id=payout.id,
        entries={earned: -payout.coins},
        pending={house(Account.Kind.PAYOUTS): payout.coins},
    )


@transaction.atomic
def approve(*, payout_id: int, operator_id: int, note: str = "") -> None:
    """Let a pending payout be paid. Locks the payout. Raises Refused."""
    advance(payout_id, Status.APPROVED, operator_id, note)


@transaction.atomic
def mark_paid(*, payout_id: int, operator_id: int, note: str = "") -> None:
    """Note that an approved payout's money was sent. Locks the payout. Raises Refused."""
    payout = advance(payout_id, Status.PAID, operator_id, note)
    release(payout, Transfer.Reason.PAYOUT_PAID, house(Account.Kind.PAID_OUT))


@transaction.atomic
def reject(*, payout_id: int, operator_id: int, note: str = "") -> None:
    """Give the coins of an open payout back. Locks the payout. Raises Refused."""
    payout = advance(payout_id, Status.REJECTED, operator_id, note)
    earned = ledger.account_id(owner_id=payout.user_id, kind=Account.Kind.EARNED)
    release(payout, Transfer.Reason.PAYOUT_BACK, earned)


def advance(payout_id: int, status: Payout.Status, operator_id: int, note: str) -> Payout:
    """Move a payout on and write down who did it, unless somebody else was faster."""
    open_payout = Payout.objects.filter(pk=payout_id, status__in=NEXT[status])
    if not open_payout.update(status=status):
        raise Refused(f"Payout {payout_id} can't be {status.label.lower()} from where it stands.")
    PayoutStep.objects.create(
        payout_id=payout_id, status=status, operator_id=operator_id, note=note
    )
    payout = Payout.objects.get(pk=payout_id)
    audit.note(
        audit.Kind.MONEY,
        f"payout {status.value}",
        about=payout,
        operator_id=operator_id,
        reason=note,
        details={"coins": payout.coins},
    )
    signals.payout_decided.send(sender=None, payout=payout, operator=operator_id, note=note)
    return payout


def release(payout: Payout, reason: Transfer.Reason, to: int) -> None:
    """Move held coins on. Both sides are pending, so nothing but the payout is locked."""
    ledger.post(
        key=f"payout:{payout.id}:{payout.status}",
        reason=reason,
        subject_id=payout.id,
        entries={},
        pending={house(Account.Kind.PAYOUTS): -payout.coins, to: payout.coins},
    )


def house(kind: Account.Kind) -> int:
    return ledger.account_id(owner_id=None, kind=kind)


def worth(coins: int) -> Decimal:
    """What coins are worth in US dollars, rounded down to cents."""
    return (coins * coin_worth()).quantize(Decimal("0.01"), ROUND_DOWN)


def coins_worth(amount: Decimal) -> int:
    """The fewest coins that are worth an amount of US dollars."""
    return int((amount / coin_worth()).to_integral_value(ROUND_CEILING))


def coin_worth() -> Decimal:
    return Decimal(str(settings.COIN_WORTH_USD))
