"""What must hold between promotions and the ledger."""

from apps.wallet.audit import Invariant

# What each promotion's transfers moved, by account; `ads` and `promotions` belong to the house.
MOVED = """
    SELECT t.subject_id, sum(l.amount) FILTER (WHERE a.owner_id IS NOT NULL) AS owners,
           min(a.owner_id) AS owner_id, max(a.owner_id) AS last_owner_id,
           sum(l.amount) FILTER (WHERE a.kind = 'bought') AS bought,
           coalesce(sum(l.amount) FILTER (WHERE a.kind = 'ads'), 0) AS spent
    FROM wallet_transfer t
    JOIN (SELECT transfer_id, account_id, amount FROM wallet_entry
          UNION ALL SELECT transfer_id, account_id, amount FROM wallet_pendingentry) l
      ON l.transfer_id = t.id
    JOIN wallet_account a ON a.id = l.account_id
    WHERE t.reason IN ('promotion', 'promo_end') GROUP BY t.subject_id"""

INVARIANTS = [
    Invariant(
        "the promotions account holds the coins of the promotions that have not ended",
        """
        SELECT held, open FROM (SELECT
            (SELECT coalesce(sum(a.balance), 0) FROM wallet_account a WHERE a.kind = 'promotions')
            + (SELECT coalesce(sum(p.amount), 0) FROM wallet_pendingentry p
               JOIN wallet_account a ON a.id = p.account_id
               WHERE a.kind = 'promotions' AND p.settled_by_id IS NULL) AS held,
            (SELECT coalesce(sum(coins), 0) FROM promotions_promotion
             WHERE state <> 'ended') AS open) totals
        WHERE held <> open
        """,
    ),
    Invariant(
        "every promotion took its coins from its owner, who has back what was not spent",
        f"""
        SELECT p.id AS promotion_id, p.state, p.coins, p.returned, moved.owners, moved.spent
        FROM promotions_promotion p LEFT JOIN ({MOVED}) moved ON moved.subject_id = p.id
        WHERE (moved.owner_id, moved.last_owner_id, moved.owners, moved.spent) IS DISTINCT FROM
              (p.user_id, p.user_id, p.returned - p.coins,
               CASE p.state WHEN 'ended' THEN p.coins - p.returned ELSE 0 END)
        """,
    ),
    Invariant(
        "bought coins of a promotion came back as bought ones",
        f"""
        SELECT p.id AS promotion_id, p.coins_bought, moved.bought
        FROM promotions_promotion p LEFT JOIN ({MOVED}) moved ON moved.subject_id = p.id
        WHERE coalesce(moved.bought, 0) <> CASE p.state
            WHEN 'ended' THEN -least(p.coins_bought, p.coins - p.returned)
            ELSE -p.coins_bought END
        """,
    ),
    Invariant(
        "a promotion's spent coins are what the people it reached cost",
        """
        SELECT p.id AS promotion_id, p.reach, p.reach_per_coin, p.coins, p.returned
        FROM promotions_promotion p
        WHERE p.state = 'ended' AND p.coins - p.returned <> CASE p.end_reason
            WHEN 'rejected' THEN 0
            ELSE (p.reach + p.reach_per_coin - 1) / p.reach_per_coin END
        """,
    ),
    Invariant(
        "a running promotion's reach and taps are the people in its events",
        """
        SELECT p.id AS promotion_id, p.reach, p.taps, e.shown, e.tapped
        FROM promotions_promotion p LEFT JOIN (
            SELECT promotion_id, count(*) FILTER (WHERE kind = 's') AS shown,
                   count(*) FILTER (WHERE kind = 't') AS tapped
            FROM promotions_promotionevent GROUP BY promotion_id
        ) e ON e.promotion_id = p.id
        WHERE p.state <> 'ended'
          AND (p.reach <> coalesce(e.shown, 0) OR p.taps < coalesce(e.tapped, 0))
        """,
    ),
    Invariant(
        "coins move for promotions only in promotions",
        """
        SELECT t.id AS transfer_id, t.subject_id FROM wallet_transfer t
        WHERE t.reason IN ('promotion', 'promo_end')
          AND NOT EXISTS (SELECT FROM promotions_promotion p WHERE p.id = t.subject_id)
        """,
    ),
]
