"""What must hold between tickets of live rooms and the ledger."""

from apps.wallet.audit import Invariant

INVARIANTS = [
    Invariant(
        "every ticket was paid by its viewer",
        """
        SELECT v.id AS viewer_id, v.paid_coins, paid.coins AS paid
        FROM live_viewer v JOIN wallet_transfer t ON t.id = v.transfer_id
        LEFT JOIN (
            SELECT e.transfer_id, a.owner_id, -sum(e.amount) AS coins
            FROM wallet_entry e JOIN wallet_account a ON a.id = e.account_id
            GROUP BY e.transfer_id, a.owner_id
        ) paid ON paid.transfer_id = t.id
        WHERE (t.reason, t.subject_id) IS DISTINCT FROM ('ticket', v.id)
           OR (paid.owner_id, paid.coins) IS DISTINCT FROM (v.user_id, v.paid_coins)
        """,
    ),
    Invariant(
        "every ticket was credited to the room's host",
        """
        SELECT v.id AS viewer_id, credited.owner_id, credited.coins
        FROM live_viewer v JOIN live_liveroom r ON r.id = v.room_id
        JOIN wallet_transfer t ON t.id = v.transfer_id
        LEFT JOIN (
            SELECT p.transfer_id, a.owner_id, sum(p.amount) AS coins
            FROM wallet_pendingentry p JOIN wallet_account a ON a.id = p.account_id
            WHERE a.kind = 'earned' GROUP BY p.transfer_id, a.owner_id
        ) credited ON credited.transfer_id = t.id
        WHERE coalesce(credited.owner_id, r.host_id) <> r.host_id
           OR coalesce(credited.coins, 0) <> v.paid_coins - v.paid_coins * t.share_percent / 100
        """,
    ),
    Invariant(
        "coins move for tickets only with a ticket",
        """
        SELECT t.id AS transfer_id, t.subject_id FROM wallet_transfer t
        WHERE t.reason = 'ticket'
          AND NOT EXISTS (SELECT FROM live_viewer v WHERE v.transfer_id = t.id)
        """,
    ),
]
