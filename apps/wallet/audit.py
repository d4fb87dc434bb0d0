"""What must hold in the books, each as SQL that returns the rows that break it."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from apps.wallet.models import AuditRun
from config import prompt

SHOWN_BREACHES = 10


@dataclass(frozen=True)
class Invariant:
    """`sql` returns the rows for which `rule` does not hold."""

    rule: str
    sql: str


INVARIANTS = [
    Invariant(
        "the books as a whole sum to zero",
        """
        SELECT accounts + pending AS surplus FROM (SELECT
            (SELECT coalesce(sum(balance), 0) FROM wallet_account) AS accounts,
            (SELECT coalesce(sum(amount), 0) FROM wallet_pendingentry
             WHERE settled_by_id IS NULL) AS pending) totals
        WHERE accounts + pending <> 0
        """,
    ),
    Invariant(
        "every transfer sums to zero",
        """
        SELECT transfer_id, sum(amount) AS surplus FROM (
            SELECT transfer_id, amount FROM wallet_entry
            UNION ALL SELECT transfer_id, amount FROM wallet_pendingentry
            UNION ALL SELECT settled_by_id, -amount FROM wallet_pendingentry
            WHERE settled_by_id IS NOT NULL
        ) lines GROUP BY transfer_id HAVING sum(amount) <> 0
        """,
    ),
    Invariant(
        "every transfer moves something",
        """
        SELECT t.id AS transfer_id, t.key FROM wallet_transfer t
        WHERE NOT EXISTS (SELECT FROM wallet_entry WHERE transfer_id = t.id)
          AND NOT EXISTS (SELECT FROM wallet_pendingentry WHERE transfer_id = t.id)
          AND NOT EXISTS (SELECT FROM wallet_pendingentry WHERE settled_by_id = t.id)
        """,
    ),
    Invariant(
        "every balance is what its entries say",
        """
        SELECT a.id AS account_id, a.balance, e.balance AS entries_say FROM wallet_account a
        LEFT JOIN (
            SELECT account_id, sum(amount) AS balance, count(*) AS entries,
                   coalesce(sum(amount) FILTER (WHERE amount > 0), 0) AS credited
            FROM wallet_entry GROUP BY account_id
        ) e ON e.account_id = a.id
        WHERE (a.balance, a.entry_count, a.credited) IS DISTINCT FROM
              (coalesce(e.balance, 0), coalesce(e.entries, 0), coalesce(e.credited, 0))
        """,
    ),
    Invariant(
        "an account's entries are numbered without a gap and carry its balance at that moment",
        """
        SELECT account_id, sequence, balance_after, running FROM (
            SELECT account_id, sequence, balance_after, row_number() OVER lines AS place,
                   sum(amount) OVER lines AS running
            FROM wallet_entry
            WINDOW lines AS (PARTITION BY account_id ORDER BY sequence)
        ) chain WHERE sequence <> place OR balance_after <> running
        """,
    ),
    Invariant(
        "no person ever had less than nothing",
        """
        SELECT a.id AS account_id, a.balance, e.sequence FROM wallet_account a
        LEFT JOIN wallet_entry e ON e.account_id = a.id AND e.balance_after < 0
        WHERE a.kind IN ('bought', 'earned') AND (a.balance < 0 OR e.id IS NOT NULL)
        """,
    ),
    Invariant(
        "every pending entry belongs to an account",
        """
        SELECT p.id AS pending_id, p.account_id FROM wallet_pendingentry p
        WHERE NOT EXISTS (SELECT FROM wallet_account a WHERE a.id = p.account_id)
        """,
    ),
    Invariant(
        "a settlement settles entries of one account, and posts to that account",
        """
        SELECT t.id AS transfer_id, p.accounts FROM wallet_transfer t
        JOIN (
            SELECT settled_by_id, array_agg(DISTINCT account_id) AS accounts
            FROM wallet_pendingentry WHERE settled_by_id IS NOT NULL GROUP BY settled_by_id
        ) p ON p.settled_by_id = t.id
        LEFT JOIN wallet_entry e ON e.transfer_id = t.id
        WHERE t.reason <> 'settlement' OR cardinality(p.accounts) <> 1
           OR e.account_id <> p.accounts[1]
        """,
    ),
    Invariant(
        "every purchase credited its coins to its buyer, once",
        """
        SELECT p.id AS purchase_id, p.coins, credited.coins AS credited
        FROM wallet_purchase p
        LEFT JOIN (
            SELECT t.subject_id, a.owner_id, sum(e.amount) AS coins
            FROM wallet_transfer t
            JOIN wallet_entry e ON e.transfer_id = t.id
            JOIN wallet_account a ON a.id = e.account_id AND a.kind = 'bought'
            WHERE t.reason = 'purchase' GROUP BY t.subject_id, a.owner_id
        ) credited ON credited.subject_id = p.id
        WHERE (credited.owner_id, credited.coins) IS DISTINCT FROM (p.user_id, p.coins)
        """,
    ),
    Invariant(
        "coins are sold only in purchases",
        """
        SELECT t.id AS transfer_id, t.subject_id FROM wallet_transfer t
        WHERE t.reason = 'purchase'
          AND NOT EXISTS (SELECT FROM wallet_purchase p WHERE p.id = t.subject_id)
        """,
    ),
    Invariant(
        "every refunded purchase was taken back from its buyer once, and no other",
        """
        SELECT p.id AS purchase_id, p.coins, p.refunded_at, taken.coins AS taken
        FROM wallet_purchase p
        FULL JOIN (
            SELECT t.subject_id, a.owner_id, -sum(e.amount) AS coins
            FROM wallet_transfer t
            JOIN wallet_entry e ON e.transfer_id = t.id
            JOIN wallet_account a ON a.id = e.account_id
            WHERE t.reason IN ('refund', 'refund_back') GROUP BY t.subject_id, a.owner_id
        ) taken ON taken.subject_id = p.id
        WHERE p.id IS NULL OR coalesce(taken.owner_id, p.user_id) <> p.user_id
           OR coalesce(taken.coins, 0) <> CASE WHEN p.refunded_at IS NULL THEN 0 ELSE p.coins END
        """,
    ),
    Invariant(
        "the payouts account holds the coins of the open payouts",
        """
        SELECT held, open FROM (SELECT
            (SELECT coalesce(sum(a.balance), 0) FROM wallet_account a WHERE a.kind = 'payouts')
            + (SELECT coalesce(sum(p.amount), 0) FROM wallet_pendingentry p
               JOIN wallet_account a ON a.id = p.account_id
               WHERE a.kind = 'payouts' AND p.settled_by_id IS NULL) AS held,
            (SELECT coalesce(sum(coins), 0) FROM wallet_payout
             WHERE status IN ('pending', 'approved')) AS open) totals
        WHERE held <> open
        """,
    ),
    Invariant(
        "every payout took its coins from its owner, who has them back only if it was rejected",
        """
        SELECT p.id AS payout_id, p.status, p.coins, moved.coins AS moved
        FROM wallet_payout p
        LEFT JOIN (
            SELECT t.subject_id, a.owner_id, sum(l.amount) AS coins
            FROM wallet_transfer t
            JOIN (SELECT transfer_id, account_id, amount FROM wallet_entry
                  UNION ALL SELECT transfer_id, account_id, amount FROM wallet_pendingentry) l
              ON l.transfer_id = t.id
            JOIN wallet_account a ON a.id = l.account_id AND a.kind = 'earned'
            WHERE t.reason IN ('payout', 'payout_back')
            GROUP BY t.subject_id, a.owner_id
        ) moved ON moved.subject_id = p.id
        WHERE (moved.owner_id, moved.coins) IS DISTINCT FROM
              (p.user_id, CASE p.status WHEN 'rejected' THEN 0 ELSE -p.coins END)
        """,
    ),
    Invariant(
        "coins move for payouts only in payouts",
        """
        SELECT t.id AS transfer_id, t.subject_id FROM wallet_transfer t
        WHERE t.reason IN ('payout', 'payout_back', 'payout_paid')
          AND NOT EXISTS (SELECT FROM wallet_payout p WHERE p.id = t.subject_id)
        """,
    ),
    Invariant(
        "every payout's trail ends where the payout stands",
        """
        SELECT p.id AS payout_id, p.status FROM wallet_payout p
        WHERE p.status IS DISTINCT FROM (
            SELECT s.status FROM wallet_payoutstep s
            WHERE s.payout_id = p.id ORDER BY s.id DESC LIMIT 1)
        """,
    ),
]


def register(*invariants: Invariant) -> None:
    """Let the audit prove what another app's money must keep to as well."""
    INVARIANTS.extend(invariants)


def prove() -> AuditRun:
    """Check every rule against every row, and keep what came of it."""
    started_at = timezone.now()
    with prompt.unhurried():
        results = [{"rule": invariant.rule, "rows": rows} for invariant, rows in breaches()]
    broken = sum(bool(result["rows"]) for result in results)
    return AuditRun.objects.create(
        started_at=started_at, finished_at=timezone.now(), broken=broken, results=results
    )


def breaches() -> Iterator[tuple[Invariant, list[str]]]:
    """Each invariant with the rows that break it, as texts; at most SHOWN_BREACHES of them."""
    for invariant in INVARIANTS:
        yield invariant, breaking_rows(invariant)


def breaking_rows(invariant: Invariant) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({invariant.sql}) breach LIMIT {SHOWN_BREACHES}")
        names = [column.name for column in cursor.description]
        return [
            ", ".join(f"{name} {value}" for name, value in zip(names, row, strict=True))
            for row in cursor.fetchall()
        ]
