"""Purchases that the store took back, and the debts that they leave."""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from apps.audit import services as audit
from apps.wallet import ledger
from apps.wallet.models import Account, Entry, Purchase, Revocation, Transfer

Kind = Account.Kind


@transaction.atomic
def refund_purchase(*, purchase_id: int, note: str) -> bool:
    """Take the coins of a purchase back, once; False if that was done before.

    What the buyer has spent becomes a debt, and with a debt nobody spends (wallet_frozen).
    Locks the purchase, then the buyer's accounts.
    """
    if not mark_refunded(purchase_id, note):
        return False
    bought = Purchase.objects.get(pk=purchase_id)
    purses = ledger.lock_purses(bought.user_id)
    entries = ledger.take(purses, bought.coins)
    owed = bought.coins + sum(entries.values())
    if owed:
        entries[purses[Kind.DEBT].id] = -owed
    post(bought, Transfer.Reason.REFUND, entries)
    return True


@transaction.atomic
def refund_by_operator(*, purchase_id: int, operator_id: int, reason: str) -> bool:
    """The same, for an operator and with their reason in the audit log."""
    note = f"by operator {operator_id}: {reason}"
    if not refund_purchase(purchase_id=purchase_id, note=note):
        return False
    audit.note(
        audit.Kind.MONEY,
        "refund",
        about=Purchase.objects.get(pk=purchase_id),
        operator_id=operator_id,
        reason=reason,
    )
    return True


def mark_refunded(purchase_id: int, note: str) -> bool:
    """Of many at once, one marks it. Locks the purchase."""
    purchase = Purchase.objects.filter(pk=purchase_id, refunded_at=None)
    changes = {"refunded_at": timezone.now(), "refund_note": note[:300]}
    return bool(purchase.update(refunds=F("refunds") + 1, **changes))


@transaction.atomic
def restore_purchase(*, purchase_id: int, note: str) -> bool:
    """Undo a refund that the store has taken back; False if there is none.

    What was taken goes back to where it was taken from. A debt falls by what it rose; what has
    been repaid of it since comes as bought coins. Locks the purchase, then the buyer's accounts.
    """
    refunded = Purchase.objects.filter(pk=purchase_id, refunded_at__isnull=False)
    if not refunded.update(refunded_at=None, refund_note=note[:300]):
        return False
    purchase = Purchase.objects.get(pk=purchase_id)
    purses = ledger.lock_purses(purchase.user_id)
    taken = Entry.objects.filter(transfer__key=key_of(purchase, Transfer.Reason.REFUND))
    entries = {entry.account_id: -entry.amount for entry in taken}
    debt, bought = purses[Kind.DEBT], purses[Kind.BOUGHT]
    repaid = entries.get(debt.id, 0) + debt.balance
    if repaid > 0:
        entries[debt.id] -= repaid
        entries[bought.id] = entries.get(bought.id, 0) + repaid
    entries = {account: coins for account, coins in entries.items() if coins}
    post(purchase, Transfer.Reason.REFUND_BACK, entries)
    restored = purchase.coins - entries.get(debt.id, 0)
    Purchase.objects.filter(pk=purchase_id).update(restored_coins=F("restored_coins") + restored)
    return True


def post(purchase: Purchase, reason: Transfer.Reason, entries: dict[int, int]) -> None:
    """The buyer's side at once, the store's side pending."""
    store = ledger.account_id(owner_id=None, kind=Kind.STORE)
    ledger.post(
        key=key_of(purchase, reason),
        reason=reason,
        subject_id=purchase.id,
        entries=entries,
        pending={store: -sum(entries.values())},
    )


def key_of(purchase: Purchase, reason: Transfer.Reason) -> str:
    return f"{reason.value}:{purchase.id}:{purchase.refunds}"


@transaction.atomic
def take_back(*, store: str, transaction_id: str, happened_at: datetime | None = None) -> None:
    """A store has given the money back: refund the purchase, and never credit the transaction.

    Locks the transaction's id, so that a credit at the same moment comes before or after.
    """
    if is_news(store, transaction_id, happened_at, is_reversed=False):
        for purchase in Purchase.objects.filter(store=store, transaction_id=transaction_id):
            refund_purchase(purchase_id=purchase.id, note=f"told by {store}")


@transaction.atomic
def give_back(*, store: str, transaction_id: str, happened_at: datetime | None = None) -> None:
    """A store has taken its refund back: the buyer has paid after all. Locks as `take_back`."""
    if is_news(store, transaction_id, happened_at, is_reversed=True):
        for purchase in Purchase.objects.filter(store=store, transaction_id=transaction_id):
            restore_purchase(purchase_id=purchase.id, note=f"reversed by {store}")


def is_news(
    store: str, transaction_id: str, happened_at: datetime | None, *, is_reversed: bool
) -> bool:
    """Remember what a store says of a transaction; False for what was overtaken by later news."""
    lock_transaction(store, transaction_id)
    moment = happened_at or timezone.now()
    told = {"happened_at": moment, "reversed": is_reversed}
    known, is_first = Revocation.objects.get_or_create(
        store=store, transaction_id=transaction_id, defaults=told
    )
    if not is_first and known.happened_at < moment:
        Revocation.objects.filter(pk=known.pk).update(**told)
        return True
    return is_first


def was_taken_back(*, store: str, transaction_id: str) -> bool:
    """Whether the store gave a transaction's money back. Locks the transaction's id."""
    lock_transaction(store, transaction_id)
    return Revocation.objects.filter(
        store=store, transaction_id=transaction_id, reversed=False
    ).exists()


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
