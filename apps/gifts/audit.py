"""What must hold between sent gifts and the ledger."""

from apps.wallet.audit import Invariant

INVARIANTS = [
    Invariant(
        "every sent gift was paid by its sender and credited to its receiver",
        """
        SELECT s.id AS sent_gift_id, s.coins, paid.coins AS paid, credited.coins AS credited
        FROM gifts_sentgift s
        JOIN wallet_transfer t ON t.id = s.transfer_id
        LEFT JOIN (
            SELECT e.transfer_id, a.owner_id, -sum(e.amount) AS coins
            FROM wallet_entry e JOIN wallet_account a ON a.id = e.account_id
            GROUP BY e.transfer_id, a.owner_id
        ) paid ON paid.transfer_id = t.id
        LEFT JOIN (
            SELECT p.transfer_id, a.owner_id, sum(p.amount) AS coins
            FROM wallet_pendingentry p JOIN wallet_account a ON a.id = p.account_id
            WHERE a.kind = 'earned' GROUP BY p.transfer_id, a.owner_id
        ) credited ON credited.transfer_id = t.id
        WHERE (t.reason, t.subject_id) IS DISTINCT FROM ('gift', s.id)
           OR (paid.owner_id, paid.coins) IS DISTINCT FROM (s.sender_id, s.coins)
           OR coalesce(credited.owner_id, s.receiver_id) <> s.receiver_id
           OR coalesce(credited.coins, 0) <> s.coins - s.coins * t.share_percent / 100
        """,
    ),
    Invariant(
        "coins move for gifts only in sent gifts",
        """
        SELECT t.id AS transfer_id, t.subject_id FROM wallet_transfer t
        WHERE t.reason = 'gift'
          AND NOT EXISTS (SELECT FROM gifts_sentgift s WHERE s.transfer_id = t.id)
        """,
    ),
    Invariant(
        "every sent gift names a person and a gift that exist",
        """
        SELECT s.id AS sent_gift_id, s.receiver_id, s.gift_id FROM gifts_sentgift s
        WHERE NOT EXISTS (SELECT FROM users_user u WHERE u.id = s.receiver_id)
           OR NOT EXISTS (SELECT FROM gifts_gift g WHERE g.id = s.gift_id)
        """,
    ),
]
