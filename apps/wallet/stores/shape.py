"""What every store is: one small class that can say whether something was paid."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from apps.contract.answers import Refused
from apps.wallet.models import CoinPackage


@dataclass(frozen=True)
class Order:
    """What somebody says they have paid for."""

    user_id: int
    package: CoinPackage
    transaction_id: str
    proof: str = ""  # what the store has signed or given to the app; empty: the store is asked


@dataclass(frozen=True)
class Receipt:
    """A transaction that was paid, as the store says."""

    transaction_id: str  # the store's own id of it
    handle: str = ""  # what `finish` needs; empty: the store wants no word


class StoreAway(Refused):
    """The store can't say yes or no now; the same order is to be tried again.

    `proof` is what to ask with next time, when that is something else. `client_secret` lets the
    app go on with what its user has to do first.
    """

    def __init__(self, message: str, *, proof: str = "", client_secret: str = "") -> None:
        super().__init__(message)
        self.proof = proof
        self.client_secret = client_secret


DAYS_OF_PATIENCE = timedelta(days=14)


class Store(Protocol):
    name: str
    patience: timedelta  # how long an order may be asked for again

    def verify(self, order: Order) -> Receipt:
        """Raises Refused if the store does not know it, or for something else; StoreAway if it
        can't be asked. Slow: never called inside a transaction."""

    def finish(self, handle: str) -> None:
        """Tell the store that the coins are there. Repeats do no harm. Raises StoreAway."""
