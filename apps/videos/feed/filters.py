"""Which videos a viewer is shown, before anything is scored.

Each condition stands under the sentence that says why a video is out when it does not hold. They
are SQL of the video `v`, its author `u` and the parameters `viewer_id`, `device_id`
and `device_key`.
"""

from dataclasses import dataclass

from apps.users.people.lists import ACTIVE
from apps.videos.access import OLD_ENOUGH
from apps.videos.viewers import Viewer

# The words of the partial indexes (apps.videos.models.IN_FEED).
PUBLIC = {
    "It is not ready.": "v.state = 'ready'",
    "It is not public.": "v.privacy = 'public'",
    "Moderation holds it back.": "NOT v.block",
    "It is a story.": "NOT v.is_story",
}
IN_FEED = " AND ".join(PUBLIC.values())
# OFFSET 0 keeps the planner from joining: each candidate is looked up by itself, so that nobody's
# long history is read through for a page.
FOLLOWED = """EXISTS (SELECT FROM users_follow f
        WHERE f.follower_id = %(viewer_id)s AND f.followed_id = v.user_id OFFSET 0)"""
NOT_BLOCKED = """v.user_id <> ALL (ARRAY(
        SELECT b.blocked_id FROM users_block b WHERE b.blocker_id = %(viewer_id)s
        UNION ALL
        SELECT b.blocker_id FROM users_block b WHERE b.blocked_id = %(viewer_id)s))"""
INTERESTED = """NOT EXISTS (SELECT FROM videos_notinterested n
        WHERE n.user_id = %(viewer_id)s AND n.video_id = v.id OFFSET 0)"""
NOT_REPORTED = """NOT EXISTS (SELECT FROM moderation_report r
        WHERE r.reporter_id = %(viewer_id)s AND r.kind = 'video' AND r.target_id = v.id OFFSET 0)"""
UNSEEN_BY_USER = """NOT EXISTS (SELECT FROM videos_videowatch w
        WHERE w.user_id = %(viewer_id)s AND w.video_id = v.id OFFSET 0)"""
DEVICE = """coalesce(nullif(%(device_id)s, 0),
            (SELECT d.id FROM users_device d WHERE d.key = %(device_key)s))"""
UNSEEN_BY_DEVICE = f"""NOT EXISTS (SELECT FROM videos_videowatch w
        WHERE w.device_id = {DEVICE} AND w.video_id = v.id OFFSET 0)"""


@dataclass(frozen=True, slots=True)
class Audience:
    """What is known of the viewer; each of the four kinds has a statement of its own."""

    is_user: bool
    has_device: bool

    @classmethod
    def of(cls, viewer: Viewer) -> "Audience":
        return cls(bool(viewer.user_id), bool(viewer.device_id or viewer.device_key))

    @property
    def is_known(self) -> bool:
        return self.is_user or self.has_device


Filters = dict[str, str]


def visible_to(audience: Audience) -> Filters:
    """What holds for every video of a feed, even when nothing else is left."""
    of_author = {"Its author's account is not active.": ACTIVE}
    if not audience.is_user:
        return {
            **PUBLIC,
            **of_author,
            "Its author's account is private.": "NOT u.is_private",
            "It is not for guests of unknown age.": "v.min_age = 0",
        }
    return {
        **PUBLIC,
        **of_author,
        "Its author's account is private.": f"(NOT u.is_private OR {FOLLOWED})",
        "One of the two has blocked the other.": NOT_BLOCKED,
        "The viewer is not interested.": INTERESTED,
        "The viewer has reported it.": NOT_REPORTED,
        "The viewer is not known to be old enough.": OLD_ENOUGH,
    }


def unseen_by(audience: Audience) -> Filters:
    return {
        **({"It was served to this person.": UNSEEN_BY_USER} if audience.is_user else {}),
        **({"It was served to this device.": UNSEEN_BY_DEVICE} if audience.has_device else {}),
    }


def new_to(audience: Audience) -> Filters:
    """What holds for every candidate."""
    own = {"It is the viewer's own.": "v.user_id <> %(viewer_id)s"} if audience.is_user else {}
    return {**visible_to(audience), **own, **unseen_by(audience)}


def all_of(conditions: Filters) -> str:
    return " AND ".join(conditions.values()) or "true"
