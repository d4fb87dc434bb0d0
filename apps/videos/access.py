"""Which video somebody may see, and so use.

Their own until they delete it; and of others what is ready, public, not held back by moderation,
by an author whose account is active, who is not private unless followed, where neither has blocked
the other, and for which the viewer is known to be old enough.
`MAY_SEE` says it in SQL of the video `v`, its author `u` and the parameter `viewer_id`.
"""

from apps.contract.answers import Refused
from apps.contract.shapes import fetch_rows
from apps.users import stories
from apps.users.models import Follow
from apps.users.people.lists import ACTIVE, NO_BLOCK
from apps.videos.models import Video

NO_SUCH_VIDEO = "This video is not available."
NOT_YOURS = "You can only do this with your own videos."

FOLLOWED = """EXISTS (SELECT FROM users_follow f
        WHERE f.follower_id = %(viewer_id)s AND f.followed_id = v.user_id)"""
OLD_ENOUGH = """(v.min_age = 0 OR EXISTS (SELECT FROM users_user me
        WHERE me.id = %(viewer_id)s AND me.dob <= now() - make_interval(years => v.min_age)))"""
OTHERS_MAY_SEE = f"""v.state = 'ready' AND v.privacy = 'public' AND NOT v.block AND {ACTIVE}
        AND (NOT u.is_private OR {FOLLOWED}) AND {NO_BLOCK} AND {OLD_ENOUGH}"""
OWN = "(v.user_id = %(viewer_id)s AND v.state <> 'deleted')"
STORY_LIVES = stories.STORY_LIVES.format(t="v")
MAY_SEE = f"(({OWN} OR ({OTHERS_MAY_SEE})) AND (NOT v.is_story OR {STORY_LIVES}))"

# What stands on the pages that are nobody's own: those of hashtags, sounds and places, and search.
LISTED = f"""v.state = 'ready' AND v.privacy = 'public' AND NOT v.block AND NOT v.is_story
        AND {MAY_SEE}"""

VISIBLE_SQL = f"""
    SELECT v.id FROM videos_video v JOIN users_user u ON u.id = v.user_id
    WHERE v.id = ANY(%(video_ids)s) AND {MAY_SEE}"""


def visible(video_ids: list[int], *, viewer_id: int) -> set[int]:
    """Which of these videos the viewer (0: a guest) may see."""
    rows = fetch_rows(VISIBLE_SQL, {"video_ids": video_ids, "viewer_id": viewer_id})
    return {row[0] for row in rows}


def check_visible(video_id: int, *, viewer_id: int) -> None:
    """Raises Refused unless the viewer may see the video."""
    if not visible([video_id], viewer_id=viewer_id):
        raise Refused(NO_SUCH_VIDEO)


def lock_video(video_id: int) -> Video:
    """Lock a video's row (FOR NO KEY UPDATE), first of all rows in a transaction.

    Raises Refused if there is none.
    """
    videos = Video.objects.select_for_update(no_key=True)
    video = videos.filter(pk=video_id).exclude(state=Video.State.DELETED).first()
    if video is None:
        raise Refused(NO_SUCH_VIDEO)
    return video


def lock_own_video(video_id: int, *, owner_id: int) -> Video:
    """The same for one of the owner's videos. Raises Refused if it is somebody else's."""
    video = lock_video(video_id)
    if video.user_id != owner_id:
        raise Refused(NOT_YOURS)
    return video


def are_friends(one_id: int, other_id: int) -> bool:
    """Whether each follows the other."""
    pair = (one_id, other_id)
    return Follow.objects.filter(follower__in=pair, followed__in=pair).count() == 2
