"""A gift on a video is one on a video of its receiver that the sender may see."""

from django.db import migrations

SEND = """
-- outcome: sent, repeated (the key was used before), or why not: no_gift, no_receiver, blocked,
-- no_video, frozen, poor. Nothing is written unless it is sent. Locks the sender's accounts (wallet_pay).
CREATE OR REPLACE FUNCTION gifts_send(
    p_sender bigint, p_receiver bigint, p_gift bigint, p_count integer, p_key text,
    p_share_percent integer, p_video bigint, p_live_streaming bigint,
    OUT outcome text, OUT sent_id bigint
)
LANGUAGE plpgsql AS $$
DECLARE
    v_id bigint;
    v_coins bigint;
    v_paid record;
BEGIN
    SELECT coin::bigint * p_count INTO v_coins FROM gifts_gift WHERE id = p_gift AND active;
    IF NOT FOUND THEN
        outcome := 'no_gift';
        RETURN;
    END IF;
    PERFORM FROM users_user WHERE id = p_receiver
        AND (status = 'active' OR (status = 'banned' AND banned_until <= now()));
    IF NOT FOUND THEN
        outcome := 'no_receiver';
        RETURN;
    END IF;
    PERFORM FROM users_block WHERE (blocker_id = p_sender AND blocked_id = p_receiver)
        OR (blocker_id = p_receiver AND blocked_id = p_sender);
    IF FOUND THEN
        outcome := 'blocked';
        RETURN;
    END IF;
{video}    v_id := nextval('gifts_sentgift_id_seq');
    v_paid := wallet_pay(
        coalesce('gift-key:' || p_sender || ':' || p_key, 'gift:' || v_id),
        'gift', v_id, p_sender, p_receiver, v_coins, p_share_percent
    );
    IF v_paid.repeated THEN
        outcome := 'repeated';
        RETURN;
    END IF;
    IF v_paid.frozen THEN
        outcome := 'frozen';
        RETURN;
    END IF;
    IF v_paid.transfer_id IS NULL THEN
        outcome := 'poor';
        RETURN;
    END IF;
    INSERT INTO gifts_sentgift (
        id, sender_id, receiver_id, gift_id, transfer_id, count, coins, video_id, live_streaming_id
    ) VALUES (
        v_id, p_sender, p_receiver, p_gift, v_paid.transfer_id, p_count, v_coins,
        p_video, p_live_streaming
    );
    outcome := 'sent';
    sent_id := v_id;
END $$;
"""
VIDEO = """    IF p_video IS NOT NULL THEN
        PERFORM FROM videos_video v JOIN users_user u ON u.id = v.user_id
        WHERE v.id = p_video AND v.user_id = p_receiver
            AND v.state = 'ready' AND v.privacy = 'public' AND NOT v.block
            AND (NOT u.is_private OR EXISTS (SELECT FROM users_follow f
                WHERE f.follower_id = p_sender AND f.followed_id = p_receiver));
        IF NOT FOUND THEN
            outcome := 'no_video';
            RETURN;
        END IF;
    END IF;
"""


class Migration(migrations.Migration):
    dependencies = [("gifts", "0004_frozen"), ("videos", "0001_initial")]
    operations = [migrations.RunSQL(SEND.format(video=VIDEO), SEND.format(video=""))]
