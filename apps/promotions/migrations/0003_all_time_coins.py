"""What ever came in, without what came back: payouts, refunds that a store took back, promotions.

Stands on the function of both apps, in whatever order theirs were written.
"""

from django.db import migrations

ALL_TIME = """
-- Every coin that ever came to a person, bought, given or earned; not what came back to them.
CREATE OR REPLACE FUNCTION wallet_all_time_coins(p_user bigint) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(a.credited + coalesce((
        SELECT sum(p.amount) FROM wallet_pendingentry p
        WHERE p.account_id = a.id AND p.settled_by_id IS NULL
    ), 0)), 0)::bigint - coalesce((
        SELECT sum(coins) FROM wallet_payout WHERE user_id = p_user AND status = 'rejected'
    ), 0)::bigint - coalesce((
        SELECT sum(restored_coins) FROM wallet_purchase WHERE user_id = p_user AND restored_coins > 0
    ), 0)::bigint{returned}
    FROM wallet_account a WHERE a.owner_id = p_user AND a.kind IN ('bought', 'earned')
$$;
"""
RETURNED = """ - coalesce((
        SELECT sum(returned) FROM promotions_promotion WHERE user_id = p_user AND returned > 0
    ), 0)::bigint"""


class Migration(migrations.Migration):
    dependencies = [("promotions", "0002_all_time_coins"), ("wallet", "0011_promotion_accounts")]
    operations = [
        migrations.RunSQL(ALL_TIME.format(returned=RETURNED), ALL_TIME.format(returned=""))
    ]
