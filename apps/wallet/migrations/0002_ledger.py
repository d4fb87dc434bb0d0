"""The functions that move coins, and the triggers that keep the books honest."""

from django.db import migrations

FUNCTIONS = """
-- The id of a person's account, or of the house's when p_owner is null; made when missing.
CREATE FUNCTION wallet_account_id(p_owner bigint, p_kind text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE v_id bigint;
BEGIN
    FOR attempt IN 1..2 LOOP
        IF p_owner IS NULL THEN
            SELECT id INTO v_id FROM wallet_account WHERE owner_id IS NULL AND kind = p_kind;
        ELSE
            SELECT id INTO v_id FROM wallet_account WHERE owner_id = p_owner AND kind = p_kind;
        END IF;
        IF FOUND THEN
            RETURN v_id;
        END IF;
        INSERT INTO wallet_account (owner_id, kind) VALUES (p_owner, p_kind)
        ON CONFLICT (owner_id, kind) DO NOTHING RETURNING id INTO v_id;
        IF FOUND THEN
            RETURN v_id;
        END IF;
    END LOOP;
    RAISE EXCEPTION 'No account % for user %', p_kind, p_owner;
END $$;

-- The one function that posts. Locks the accounts of p_accounts in the order of their ids.
-- Entries change a balance now; pending entries wait for wallet_settle and lock nothing.
CREATE FUNCTION wallet_post(
    p_key text, p_reason text, p_subject bigint, p_share_percent integer,
    p_accounts bigint[], p_amounts bigint[],
    p_pending_accounts bigint[], p_pending_amounts bigint[]
) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE v_transfer bigint;
BEGIN
    PERFORM FROM wallet_account WHERE id = ANY (p_accounts) ORDER BY id FOR NO KEY UPDATE;
    INSERT INTO wallet_transfer (key, reason, subject_id, share_percent)
    VALUES (p_key, p_reason, p_subject, p_share_percent) RETURNING id INTO v_transfer;
    WITH changed AS (
        UPDATE wallet_account a
        SET balance = a.balance + line.amount,
            credited = a.credited + greatest(line.amount, 0),
            entry_count = a.entry_count + 1
        FROM unnest(p_accounts, p_amounts) AS line (account_id, amount)
        WHERE a.id = line.account_id
        RETURNING a.id, a.entry_count, line.amount, a.balance
    )
    INSERT INTO wallet_entry (transfer_id, account_id, sequence, amount, balance_after)
    SELECT v_transfer, id, entry_count, amount, balance FROM changed;
    INSERT INTO wallet_pendingentry (transfer_id, account_id, amount)
    SELECT v_transfer, line.account_id, line.amount
    FROM unnest(p_pending_accounts, p_pending_amounts) AS line (account_id, amount);
    RETURN v_transfer;
END $$;

-- Posts the sum of an account's oldest pending entries, p_limit at most, as one entry.
-- Locks the account. Returns how many were settled.
CREATE FUNCTION wallet_settle(p_account bigint, p_limit integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    v_ids bigint[];
    v_sum bigint;
    v_transfer bigint;
BEGIN
    PERFORM FROM wallet_account WHERE id = p_account FOR NO KEY UPDATE;
    SELECT array_agg(id ORDER BY id), sum(amount) INTO v_ids, v_sum FROM (
        SELECT id, amount FROM wallet_pendingentry
        WHERE account_id = p_account AND settled_by_id IS NULL ORDER BY id LIMIT p_limit
    ) due;
    IF v_ids IS NULL THEN
        RETURN 0;
    END IF;
    v_transfer := wallet_post(
        'settlement:' || v_ids[1], 'settlement', NULL, 0,
        CASE WHEN v_sum = 0 THEN '{}' ELSE ARRAY[p_account] END,
        CASE WHEN v_sum = 0 THEN '{}' ELSE ARRAY[v_sum] END,
        '{}', '{}'
    );
    UPDATE wallet_pendingentry SET settled_by_id = v_transfer WHERE id = ANY (v_ids);
    RETURN cardinality(v_ids);
END $$;

-- Moves coins from one person to another: bought coins first, then earned ones, since only
-- earned coins can be cashed out. Locks the payer's accounts; the payee's credit is pending.
-- transfer_id stays null when the coins are not enough, and nothing is posted then.
-- repeated says that the key was used before, and transfer_id is what it paid for.
CREATE FUNCTION wallet_pay(
    p_key text, p_reason text, p_subject bigint,
    p_payer bigint, p_payee bigint, p_coins bigint, p_share_percent integer,
    OUT transfer_id bigint, OUT repeated boolean
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
    v_accounts bigint[] := '{}';
    v_amounts bigint[] := '{}';
    v_pending_accounts bigint[] := '{}';
    v_pending_amounts bigint[] := '{}';
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
    WHILE v_bought + v_earned < p_coins AND v_earned_id IS NOT NULL LOOP
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

-- Every coin of a person: bought, earned, and earned but pending.
CREATE FUNCTION wallet_total(p_user bigint) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(a.balance + coalesce((
        SELECT sum(p.amount) FROM wallet_pendingentry p
        WHERE p.account_id = a.id AND p.settled_by_id IS NULL
    ), 0)), 0)::bigint
    FROM wallet_account a WHERE a.owner_id = p_user
$$;

-- Every coin that ever came to a person, bought, given or earned.
CREATE FUNCTION wallet_all_time_coins(p_user bigint) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(a.credited + coalesce((
        SELECT sum(p.amount) FROM wallet_pendingentry p
        WHERE p.account_id = a.id AND p.settled_by_id IS NULL
    ), 0)), 0)::bigint
    FROM wallet_account a WHERE a.owner_id = p_user
$$;
"""

DROP_FUNCTIONS = """
DROP FUNCTION wallet_all_time_coins, wallet_total, wallet_pay, wallet_settle, wallet_post,
    wallet_account_id;
"""

TRIGGERS = """
CREATE FUNCTION wallet_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is never changed: correct it with a new transfer', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER wallet_transfer_append_only BEFORE UPDATE OR DELETE ON wallet_transfer
    FOR EACH ROW EXECUTE FUNCTION wallet_refuse_change();
CREATE TRIGGER wallet_entry_append_only BEFORE UPDATE OR DELETE ON wallet_entry
    FOR EACH ROW EXECUTE FUNCTION wallet_refuse_change();
CREATE TRIGGER wallet_account_kept BEFORE DELETE ON wallet_account
    FOR EACH ROW EXECUTE FUNCTION wallet_refuse_change();
CREATE TRIGGER wallet_pendingentry_kept BEFORE DELETE ON wallet_pendingentry
    FOR EACH ROW EXECUTE FUNCTION wallet_refuse_change();
-- A pending entry changes once, when it is settled, and then in nothing else.
CREATE TRIGGER wallet_pendingentry_settled_once BEFORE UPDATE ON wallet_pendingentry
    FOR EACH ROW
    WHEN (OLD.settled_by_id IS NOT NULL OR NEW.settled_by_id IS NULL
          OR (NEW.id, NEW.transfer_id, NEW.account_id, NEW.amount)
             IS DISTINCT FROM (OLD.id, OLD.transfer_id, OLD.account_id, OLD.amount))
    EXECUTE FUNCTION wallet_refuse_change();

-- What a transfer moved in, less what it moved out; a settlement takes what was pending.
CREATE FUNCTION wallet_imbalance(p_transfer bigint) RETURNS numeric LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT sum(amount) FROM wallet_entry WHERE transfer_id = p_transfer), 0)
         + coalesce((SELECT sum(amount) FROM wallet_pendingentry
                     WHERE transfer_id = p_transfer), 0)
         - coalesce((SELECT sum(amount) FROM wallet_pendingentry
                     WHERE settled_by_id = p_transfer), 0)
$$;
CREATE FUNCTION wallet_require_zero_sum() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF wallet_imbalance(NEW.transfer_id) <> 0 THEN
        RAISE EXCEPTION 'transfer % does not sum to zero', NEW.transfer_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER wallet_entry_zero_sum AFTER INSERT ON wallet_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wallet_require_zero_sum();
CREATE CONSTRAINT TRIGGER wallet_pendingentry_zero_sum AFTER INSERT ON wallet_pendingentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wallet_require_zero_sum();

-- Once a statement, not once a row: a settlement marks thousands.
CREATE FUNCTION wallet_require_settled_sum() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE v_transfer bigint;
BEGIN
    SELECT settled_by_id INTO v_transfer
    FROM (SELECT DISTINCT settled_by_id FROM settled) transfers
    WHERE wallet_imbalance(settled_by_id) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'transfer % does not sum to zero', v_transfer
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER wallet_pendingentry_settled_sum AFTER UPDATE ON wallet_pendingentry
    REFERENCING NEW TABLE AS settled
    FOR EACH STATEMENT EXECUTE FUNCTION wallet_require_settled_sum();
"""

DROP_TRIGGERS = """
DROP FUNCTION wallet_refuse_change, wallet_require_zero_sum, wallet_require_settled_sum CASCADE;
DROP FUNCTION wallet_imbalance;
"""


class Migration(migrations.Migration):
    dependencies = [("wallet", "0001_initial")]
    operations = [
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        migrations.RunSQL(TRIGGERS, DROP_TRIGGERS),
    ]
