"""Coins for money."""

from django.db import IntegrityError, transaction

from apps.contract.answers import Refused
from apps.wallet import ledger, stores
from apps.wallet.models import Account, CoinPackage, Fulfilment, Purchase, Transfer
from apps.wallet.services import waiting
from apps.wallet.services.refunds import repay_if_owing, was_taken_back
from apps.wallet.services.waiting import Claim
from apps.wallet.stores.shape import Order, Receipt, StoreAway

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

    `proof` is what the store has signed or given to the app, if the app sends it. The claimed
    title and price are kept and never believed. Raises Refused for an unknown package, a
    transaction that the store refuses, or a repeated one. When the store can't be asked, the
    purchase is kept and asked for again (services/waiting.py).
    """
    claim = Claim(
        user_id=user_id,
        store=stores.store_for(device).name,
        device=device,
        package=package_of(coins),
        transaction_id=transaction_id,
        proof=proof,
        title=claimed_title,
        price=claimed_price,
    )
    try:
        return verify_and_grant(claim)
    except StoreAway as away:
        waiting.keep(claim, problem=away.message, proof=away.proof)
        raise


def package_of(coins: int) -> CoinPackage:
    package = CoinPackage.objects.filter(active=True, coins=coins).first()
    if package is None:
        raise Refused(NO_SUCH_PACKAGE)
    return package


def verify_and_grant(claim: Claim) -> Purchase:
    """Ask the store, outside of any transaction, then credit. Raises Refused."""
    order = Order(claim.user_id, claim.package, claim.transaction_id, claim.proof)
    receipt = stores.named(claim.store).verify(order)
    return grant(claim, receipt)


def grant(claim: Claim, receipt: Receipt) -> Purchase:
    """Credit what a store has confirmed, once. Raises Refused.

    Locks the transaction's id, then the buyer's account. What the store wants to hear of it is
    written down in the same transaction (services/errands.py), so a credit is never forgotten
    there, and nothing is consumed there that was not credited here.
    """
    store, verified_id = claim.store, receipt.transaction_id
    try:
        with transaction.atomic():
            if was_taken_back(store=store, transaction_id=verified_id):
                raise Refused(TAKEN_BACK)
            purchase = Purchase.objects.create(
                user_id=claim.user_id,
                store=store,
                transaction_id=verified_id,
                package=claim.package,
                coins=claim.package.coins,
                price=claim.package.price,
                device=claim.device,
                claimed_title=claim.title,
                claimed_price=claim.price,
            )
            credit(purchase)
            repay_if_owing(claim.user_id)
            waiting.close(claim, purchase)
            if receipt.handle:
                Fulfilment.objects.create(purchase=purchase, handle=receipt.handle)
    except IntegrityError as error:
        if "wallet_purchase_once" not in str(error):
            raise
        first = Purchase.objects.get(store=store, transaction_id=verified_id)
        is_own = first.user_id == claim.user_id
        raise Refused(USED_BEFORE if is_own else USED_BY_ANOTHER) from error
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
