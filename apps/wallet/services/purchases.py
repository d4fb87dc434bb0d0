"""Coins for money."""

from django.db import IntegrityError, transaction

from apps.contract.answers import Refused
from apps.wallet import ledger, stores
from apps.wallet.models import Account, CoinPackage, Purchase, Transfer
from apps.wallet.services.refunds import repay_if_owing, was_taken_back

NO_SUCH_PACKAGE = "This coin package is not for sale here."
TAKEN_BACK = "This purchase was refunded. You have not been given any coins."
USED_BEFORE = "This purchase has already been credited. Nothing was added."
USED_BY_ANOTHER = "This purchase belongs to another account. Nothing was added."


def purchase_coins(
    *,
    user_id: int,
    device: Purchase.Device,
    coins: int,
    transaction_id: str,
    proof: str = "",
    claimed_title: str = "",
    claimed_price: str = "",
) -> Purchase:
    """Credit a store transaction once, with what our catalogue says of the package of `coins`.

    `proof` is what the store has signed, if the app sends it. The claimed title and price are
    kept and never believed. Locks the transaction's id, then the buyer's account. Raises Refused
    for an unknown package, a transaction that the store refuses, or a repeated one.
    """
    package = CoinPackage.objects.filter(active=True, coins=coins).first()
    if package is None:
        raise Refused(NO_SUCH_PACKAGE)
    store = stores.store_for(device)
    verified_id = store.verify(
        transaction_id=transaction_id, proof=proof, package=package, device=device
    )
    try:
        with transaction.atomic():
            if was_taken_back(store=store.name, transaction_id=verified_id):
                raise Refused(TAKEN_BACK)
            purchase = Purchase.objects.create(
                user_id=user_id,
                store=store.name,
                transaction_id=verified_id,
                package=package,
                coins=package.coins,
                price=package.price,
                device=device,
                claimed_title=claimed_title,
                claimed_price=claimed_price,
            )
            credit(purchase)
            repay_if_owing(user_id)
    except IntegrityError as error:
        if "wallet_purchase_once" not in str(error):
            raise
        first = Purchase.objects.get(store=store.name, transaction_id=verified_id)
        raise Refused(USED_BEFORE if first.user_id == user_id else USED_BY_ANOTHER) from error
    return purchase


def credit(purchase: Purchase) -> None:
    """Post the coins of a purchase. Locks the buyer's account; the store's side is pending."""
    bought = ledger.account_id(owner_id=purchase.user_id, kind=Account.Kind.BOUGHT)
    store = ledger.account_id(owner_id=None, kind=Account.Kind.STORE)
    ledger.post(
        key=f"purchase:{purchase.id}",
        reason=Transfer.Reason.PURCHASE,
        subject_id=purchase.id,
        entries={bought: purchase.coins},
        pending={store: -purchase.coins},
    )
