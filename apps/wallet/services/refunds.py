"""Purchases that the store took back, and the debts that they leave."""

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.wallet import ledger
from apps.wallet.models import Account, Purchase, Revocation, Transfer

Kind = Account.Kind


@transaction.atomic
def refund_purchase(*, purchase_id: int, note: str) -> bool:
    """Take the coins of a purchase back, once; False if that was done before.

    What the buyer has spent becomes a debt, and with a debt nobody spends (wallet_frozen).
    Locks the purchase, then the buyer's accounts.
    """
    purchase = Purchase.objects.filter(pk=purchase_id, refunded_at=None)
    if not purchase.update(refunded_at=timezone.now(), refund_note=note[:300]):
        return False
    bought = Purchase.objects.get(pk=purchase_id)
    purses = ledger.lock_purses(bought.user_id)
    entries = ledger.take(purses, bought.coins)
    owed = bought.coins + sum(entries.values())
    if owed:
        entries[purses[Kind.DEBT].id] = -owed
    store = ledger.account_id(owner_id=None, kind=Kind.STORE)
    ledger.post(
        key=f"refund:{purchase_id}",
        reason=Transfer.Reason.REFUND,
        subject_id=purchase_id,
        entries=entries,
        pending={store: bought.coins},
    )
    return True


@transaction.atomic
def take_back(*, store: str, transaction_id: str) -> None:
    """A store has given the money back: refund the purchase, and never credit the transaction.

    Locks the transaction's id, so that a credit at the same moment comes before or after.
    """
    lock_transaction(store, transaction_id)
    Revocation.objects.get_or_create(store=store, transaction_id=transaction_id)
    purchase = Purchase.objects.filter(store=store, transaction_id=transaction_id).first()
    if purchase is not None:
        refund_purchase(purchase_id=purchase.id, note=f"told by {store}")


def was_taken_back(*, store: str, transaction_id: str) -> bool:
    """Whether the store gave a transaction's money back. Locks the transaction's id."""
    lock_transaction(store, transaction_id)
    return Revocation.objects.filter(store=store, transaction_id=transaction_id).exists()


def lock_transaction(store: str, transaction_id: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{store}:{transaction_id}"]
        )


def repay_if_owing(user_id: int) -> int:
    """The coins that a person repaid of their debt with what they have; 0 without a debt."""
    return repay(user_id) if debtors().filter(owner_id=user_id).exists() else 0


def collect_debts() -> int:
    """Let everybody who owes coins repay with what they have; the coins that came back."""
    return sum(repay(user_id) for user_id in debtors().values_list("owner_id", flat=True))


@transaction.atomic
def repay(user_id: int) -> int:
    """Move a person's coins against their debt. Locks the person's accounts."""
    purses = ledger.lock_purses(user_id)
    debt = purses[Kind.DEBT]
    entries = ledger.take(purses, -debt.balance)
    repaid = -sum(entries.values())
    if repaid:
        ledger.post(
            key=f"repayment:{debt.id}:{debt.entry_count}",
            reason=Transfer.Reason.REPAYMENT,
            subject_id=None,
            entries=entries | {debt.id: repaid},
            pending={},
        )
    return repaid


def debtors() -> QuerySet[Account]:
    return Account.objects.filter(kind=Kind.DEBT, balance__lt=0)
