"""Whoever owes coins, or is stopped by an operator, does not spend."""

from django.db import migrations

FROZEN = """
-- Whether a person may not spend: an operator's stop, or coins owed for refunds.
CREATE FUNCTION wallet_frozen(p_user bigint) RETURNS integer
LANGUAGE sql STABLE AS $$
    SELECT (EXISTS (SELECT FROM wallet_freeze WHERE user_id = p_user) OR EXISTS (
        SELECT FROM wallet_account
        WHERE owner_id = p_user AND kind = 'debt' AND balance < 0))::integer
$$;
"""

PAY = """
DROP FUNCTION wallet_pay;
-- Moves coins from one person to another: bought coins first, then earned ones, since only
-- earned coins can be cashed out. Locks the payer's accounts; the payee's credit is pending.
-- transfer_id stays null when the coins are not enough, and nothing is posted then.
-- frozen says that the payer may not spend, and repeated that the key was used before,
-- and transfer_id is what it paid for.
CREATE FUNCTION wallet_pay(
    p_key text, p_reason text, p_subject bigint,
    p_payer bigint, p_payee bigint, p_coins bigint, p_share_percent integer,
    OUT transfer_id bigint, OUT repeated boolean{out}
)
LANGUAGE plpgsql AS $$
DECLARE
    v_account record;
    v_bought_id bigint;
    v_earned_id bigint;
    v_bought bigint := 0;
    v_earned bigint := 0;
    v_from_bought bigint;
    v_share bigint := p_coins * p_share_percent / 100;
    v_accounts bigint[] := '{{}}';
    v_amounts bigint[] := '{{}}';
    v_pending_accounts bigint[] := '{{}}';
    v_pending_amounts bigint[] := '{{}}';
BEGIN
    IF p_coins <= 0 OR p_payer = p_payee THEN
        RAISE EXCEPTION 'wallet_pay: % coins from % to %', p_coins, p_payer, p_payee;
    END IF;
    FOR v_account IN
        SELECT id, kind, balance FROM wallet_account
        WHERE owner_id = p_payer AND kind IN ('bought', 'earned')
        ORDER BY id FOR NO KEY UPDATE
    LOOP
        IF v_account.kind = 'bought' THEN
            v_bought_id := v_account.id;
            v_bought := v_account.balance;
        ELSE
            v_earned_id := v_account.id;
            v_earned := v_account.balance;
        END IF;
    END LOOP;
    -- Only now: whoever used the key before us has committed, since the payer is locked.
    SELECT id INTO transfer_id FROM wallet_transfer WHERE key = p_key;
    repeated := FOUND;
    IF repeated THEN
        RETURN;
    END IF;
{check}    WHILE v_bought + v_earned < p_coins AND v_earned_id IS NOT NULL LOOP
        EXIT WHEN wallet_settle(v_earned_id, 10000) = 0;
        SELECT balance INTO v_earned FROM wallet_account WHERE id = v_earned_id;
    END LOOP;
    IF v_bought + v_earned < p_coins THEN
        RETURN;
    END IF;
    v_from_bought := least(v_bought, p_coins);
    IF v_from_bought > 0 THEN
        v_accounts := v_accounts || v_bought_id;
        v_amounts := v_amounts || -v_from_bought;
    END IF;
    IF p_coins > v_from_bought THEN
        v_accounts := v_accounts || v_earned_id;
        v_amounts := v_amounts || v_from_bought - p_coins;
    END IF;
    IF p_coins > v_share THEN
        v_pending_accounts := v_pending_accounts || wallet_account_id(p_payee, 'earned');
        v_pending_amounts := v_pending_amounts || p_coins - v_share;
    END IF;
    IF v_share > 0 THEN
        v_pending_accounts := v_pending_accounts || wallet_account_id(NULL, 'platform');
        v_pending_amounts := v_pending_amounts || v_share;
    END IF;
    transfer_id := wallet_post(
        p_key, p_reason, p_subject, p_share_percent,
        v_accounts, v_amounts, v_pending_accounts, v_pending_amounts
    );
END $$;
"""
# Asked under the locks: a refund that makes a debt holds them, too.
CHECK = """    frozen := wallet_frozen(p_payer) = 1;
    IF frozen THEN
        RETURN;
    END IF;
"""

TOTALS = """
-- Every coin of a person: bought, earned, and earned but pending. A debt is told apart.
CREATE OR REPLACE FUNCTION wallet_total(p_user bigint) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(a.balance + coalesce((
        SELECT sum(p.amount) FROM wallet_pendingentry p
        WHERE p.account_id = a.id AND p.settled_by_id IS NULL
    ), 0)), 0)::bigint
    FROM wallet_account a WHERE a.owner_id = p_user{kinds}
$$;

-- Every coin that ever came to a person, bought, given or earned; not what came back to them.
CREATE OR REPLACE FUNCTION wallet_all_time_coins(p_user bigint) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(a.credited + coalesce((
        SELECT sum(p.amount) FROM wallet_pendingentry p
        WHERE p.account_id = a.id AND p.settled_by_id IS NULL
    ), 0)), 0)::bigint - coalesce((
        SELECT sum(coins) FROM wallet_payout WHERE user_id = p_user AND status = 'rejected'
    ), 0)::bigint
    FROM wallet_account a WHERE a.owner_id = p_user{kinds}
$$;
"""
KINDS = " AND a.kind IN ('bought', 'earned')"


class Migration(migrations.Migration):
    dependencies = [("wallet", "0006_refunds")]
    operations = [
        migrations.RunSQL(FROZEN, "DROP FUNCTION wallet_frozen;"),
        migrations.RunSQL(
            PAY.format(out=", OUT frozen boolean", check=CHECK), PAY.format(out="", check="")
        ),
        migrations.RunSQL(TOTALS.format(kinds=KINDS), TOTALS.format(kinds="")),
    ]
