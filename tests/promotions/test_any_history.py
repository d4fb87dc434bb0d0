"""Whatever the order of showings, taps, ends and retries: charged = spent + returned."""

from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from apps.contract.answers import Refused
from apps.promotions import lifecycle, services
from apps.promotions.models import AdSettings, Promotion
from apps.promotions.showing import count_showing, tap
from apps.users.models import User
from apps.wallet import ledger
from tests.books import broken_rules, earn, give_bought
from tests.promotions.booking import clip
from tests.promotions.test_ending import over

VIEWERS = 6
RATE = 2
START = 12
COINS = st.integers(0, 5)
WHICH = st.integers(0, 3)
EndReason = Promotion.EndReason


class Promotions(RuleBasedStateMachine):
    """The model: who was shown what, what each key booked, and what every end gave back."""

    @initialize(approval=st.booleans(), bought=st.integers(0, START))
    def open(self, approval: bool, bought: int) -> None:
        self.world = transaction.atomic()
        self.world.__enter__()
        AdSettings.objects.create(
            views_per_coin=RATE, website_per_coin=RATE, needs_approval=approval
        )
        self.approval = approval
        self.owner = User.objects.create_user("owner")
        self.viewers = [User.objects.create_user(f"viewer{n}") for n in range(VIEWERS)]
        self.video = clip(self.owner)
        self.start_at = timezone.now() - timedelta(days=9)
        if bought:
            give_bought(self.owner, bought)
        if START - bought:
            earn(self.owner, START - bought)
        self.wallet = START
        self.booked: dict[str, tuple[int, int]] = {}
        self.shown: dict[int, set[int]] = {}
        self.state: dict[int, str] = {}
        self.coins: dict[int, int] = {}

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.end_everything()
            assert broken_rules() == []
            connection.set_rollback(True)
            self.world.__exit__(None, None, None)

    def end_everything(self) -> None:
        for promotion_id in self.state:
            self.finish(promotion_id, EndReason.STOPPED)
        rows = Promotion.objects.values_list("coins", "returned")
        assert ledger.total(self.owner.id) == START - sum(paid - back for paid, back in rows)

    def chosen(self, which: int) -> int | None:
        return list(self.state)[which] if which < len(self.state) else None

    @rule(coins=COINS, key=st.sampled_from("abcd"))
    def book(self, coins: int, key: str) -> None:
        wanted = services.Booking(
            user_id=self.owner.id,
            video_id=self.video.id,
            audience_id=None,
            destination=Promotion.Destination.VIEWS,
            coins=coins,
            start_at=self.start_at,
            end_at=self.start_at + timedelta(days=300),
        )
        try:
            promotion = services.book(wanted, key=key)
        except Refused:
            assert key in self.booked or not 1 <= coins <= self.wallet
            return
        if key in self.booked:
            assert self.booked[key] == (promotion.id, coins)
            return
        self.booked[key] = (promotion.id, coins)
        self.state[promotion.id] = "pending" if self.approval else "running"
        self.shown[promotion.id] = set()
        self.coins[promotion.id] = coins
        self.wallet -= coins

    @rule(which=WHICH)
    def approve(self, which: int) -> None:
        promotion_id = self.chosen(which)
        if promotion_id is not None:
            was_pending = self.state[promotion_id] == "pending"
            assert services.approve(promotion_id=promotion_id) == was_pending
            if was_pending:
                self.state[promotion_id] = "running"

    @rule(which=WHICH, viewer=st.integers(0, VIEWERS - 1))
    def show(self, which: int, viewer: int) -> None:
        promotion_id = self.chosen(which)
        if promotion_id is None:
            return
        seen = self.shown[promotion_id]
        counts = (
            self.state[promotion_id] == "running"
            and viewer not in seen
            and len(seen) < self.coins[promotion_id] * RATE
        )
        shown = count_showing(promotion_id=promotion_id, viewer_id=self.viewers[viewer].id)
        assert shown == counts
        if counts:
            seen.add(viewer)

    @rule(which=WHICH, viewer=st.integers(0, VIEWERS - 1))
    def press(self, which: int, viewer: int) -> None:
        promotion_id = self.chosen(which)
        if promotion_id is not None:
            tap(promotion_id=promotion_id, viewer_id=self.viewers[viewer].id, address="")

    @rule(which=WHICH, reason=st.sampled_from([EndReason.STOPPED, EndReason.REJECTED]))
    def end(self, which: int, reason: Promotion.EndReason) -> None:
        promotion_id = self.chosen(which)
        if promotion_id is not None:
            self.finish(promotion_id, reason)

    def finish(self, promotion_id: int, reason: Promotion.EndReason) -> None:
        first = self.state[promotion_id] != "ended"
        assert services.end(promotion_id=promotion_id, reason=reason) == first
        if first:
            self.closed(promotion_id, 0 if reason == EndReason.REJECTED else None)

    def closed(self, promotion_id: int, spent: int | None = None) -> None:
        if spent is None:
            spent = -(-len(self.shown[promotion_id]) // RATE)
        self.state[promotion_id] = "ended"
        self.wallet += self.coins[promotion_id] - spent
        row = Promotion.objects.get(pk=promotion_id)
        assert (row.spent, row.returned) == (spent, self.coins[promotion_id] - spent)

    @rule(which=WHICH)
    def time_runs_out(self, which: int) -> None:
        promotion_id = self.chosen(which)
        if promotion_id is not None:
            Promotion.objects.filter(pk=promotion_id).exclude(state="ended").update(**over())
        self.tend()

    @rule()
    def tend(self) -> None:
        lifecycle.end_due()
        ended = Promotion.objects.filter(state="ended").values_list("pk", flat=True)
        for promotion_id in ended:
            if self.state[promotion_id] != "ended":
                self.closed(promotion_id)

    @rule()
    def settle(self) -> None:
        ledger.settle_all()

    @invariant()
    def the_wallet_agrees(self) -> None:
        if hasattr(self, "world"):
            assert ledger.total(self.owner.id) == self.wallet


def test_any_history_adds_up() -> None:
    run_state_machine_as_test(
        Promotions,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
