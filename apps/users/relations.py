"""What the viewer (parameter `viewer_id`, 0 for a guest) and the person `{t}` are to each other."""

# `button` in one place: (viewer follows, is followed) -> text. Both clients compare without
# regard to case in most places; iOS shows the text as it is.
BUTTON = """CASE
    WHEN {t}.id = %(viewer_id)s THEN '0'
    WHEN EXISTS (SELECT FROM users_follow f
                 WHERE f.follower_id = %(viewer_id)s AND f.followed_id = {t}.id)
    THEN CASE WHEN EXISTS (SELECT FROM users_follow f
                           WHERE f.follower_id = {t}.id AND f.followed_id = %(viewer_id)s)
         THEN 'Friends' ELSE 'Following' END
    WHEN {t}.is_private AND EXISTS (SELECT FROM users_followrequest q
                 WHERE q.sender_id = %(viewer_id)s AND q.receiver_id = {t}.id)
    THEN 'Requested'
    WHEN EXISTS (SELECT FROM users_follow f
                 WHERE f.follower_id = {t}.id AND f.followed_id = %(viewer_id)s)
    THEN 'Follow Back' ELSE 'Follow' END"""
BELL = """EXISTS (SELECT FROM users_follow f WHERE f.bell
                  AND f.follower_id = %(viewer_id)s AND f.followed_id = {t}.id)"""
BLOCKED = """EXISTS (SELECT FROM users_block b
    WHERE (b.blocker_id = %(viewer_id)s AND b.blocked_id = {t}.id)
       OR (b.blocker_id = {t}.id AND b.blocked_id = %(viewer_id)s))"""
