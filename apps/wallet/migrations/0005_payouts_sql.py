"""A payout's trail is kept, and coins that come back from one were not earned twice."""

from django.db import migrations

TRIGGERS = """
CREATE TRIGGER wallet_payoutstep_append_only BEFORE UPDATE OR DELETE ON wallet_payoutstep
    FOR EACH ROW EXECUTE FUNCTION wallet_refuse_change();
CREATE TRIGGER wallet_payout_kept BEFORE DELETE ON wallet_payout
    FOR EACH ROW EXECUTE FUNCTION wallet_refuse_change();
-- What was asked for stays; a payout only moves on.
CREATE TRIGGER wallet_payout_as_asked BEFORE UPDATE ON wallet_payout FOR EACH ROW
    WHEN ((NEW.id, NEW.user_id, NEW.coins, NEW.amount, NEW.method_type, NEW.destination)
          IS DISTINCT FROM
          (OLD.id, OLD.user_id, OLD.coins, OLD.amount, OLD.method_type, OLD.destination)
          OR OLD.status IN ('paid', 'rejected'))
    EXECUTE FUNCTION wallet_refuse_change();
"""
DROP_TRIGGERS = """
DROP TRIGGER wallet_payoutstep_append_only ON wallet_payoutstep;
DROP TRIGGER wallet_payout_kept ON wallet_payout;
DROP TRIGGER wallet_payout_as_asked ON wallet_payout;
"""

ALL_TIME = """
-- Every coin that ever came to a person, bought, given or earned; not what came back to them.
CREATE OR REPLACE FUNCTION wallet_all_time_coins(p_user bigint) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(a.credited + coalesce((
        SELECT sum(p.amount) FROM wallet_pendingentry p
        WHERE p.account_id = a.id AND p.settled_by_id IS NULL
    ), 0)), 0)::bigint - coalesce((
        SELECT sum(coins) FROM wallet_payout WHERE user_id = p_user AND status = 'rejected'
    ), 0)::bigint
    FROM wallet_account a WHERE a.owner_id = p_user
$$;
"""
ALL_TIME_BEFORE = """
CREATE OR REPLACE FUNCTION wallet_all_time_coins(p_user bigint) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(a.credited + coalesce((
        SELECT sum(p.amount) FROM wallet_pendingentry p
        WHERE p.account_id = a.id AND p.settled_by_id IS NULL
    ), 0)), 0)::bigint
    FROM wallet_account a WHERE a.owner_id = p_user
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("wallet", "0004_payouts")]
    operations = [
        migrations.RunSQL(TRIGGERS, DROP_TRIGGERS),
        migrations.RunSQL(ALL_TIME, ALL_TIME_BEFORE),
    ]
