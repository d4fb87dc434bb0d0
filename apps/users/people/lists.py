"""Lists that a table's order gives: followers, friends, visitors, blocked; and single answers."""

from dataclasses import dataclass
from typing import Any

import orjson
from django.db.models import Q

from apps.contract.paging import LIMIT, Pages
from apps.contract.shapes import Shape, fetch_one_json
from apps.users.models import Block, Follow, User
from apps.users.people.shapes import (
    BellAnswer,
    BlockItem,
    FollowAnswer,
    FollowerItem,
    FollowingItem,
    FriendItem,
    PersonItem,
    RequestItem,
    VisitItem,
)
from apps.users.relations import BLOCKED

VISIT_DAYS = 30
SEARCHED_FOLLOWS = 5000  # of the newest in each direction
ACTIVE = "(u.status = 'active' OR (u.status = 'banned' AND u.banned_until <= now()))"
NO_BLOCK = f"NOT {BLOCKED}".format(t="u")
VISIBLE = f"{ACTIVE} AND {NO_BLOCK}"


def is_blocked(one_id: int, other_id: int) -> bool:
    """Whether one of the two has blocked the other."""
    pair = Q(blocker=one_id, blocked=other_id) | Q(blocker=other_id, blocked=one_id)
    return Block.objects.filter(pair).exists()


FOLLOW_ANSWER_SQL = f"SELECT {FollowAnswer.sql('u')} FROM users_user u WHERE u.id = %(user_id)s"


def follow_answer(*, user_id: int, viewer_id: int, media_url: str) -> orjson.Fragment | None:
    """What followUser says about the person who was followed or left."""
    parameters = {"user_id": user_id, "viewer_id": viewer_id, "media_url": media_url}
    return fetch_one_json(FOLLOW_ANSWER_SQL, parameters)


@dataclass(frozen=True, slots=True)
class Viewed:
    """Whose list is looked at, by whom, and what stands before a picture's name."""

    owner_id: int
    viewer_id: int
    media_url: str

    @property
    def parameters(self) -> dict[str, Any]:
        return {
            "owner_id": self.owner_id,
            "viewer_id": self.viewer_id,
            "media_url": self.media_url,
        }


def page_sql(shape: type[Shape], source: str, *, key: str = "f.id") -> str:
    """A page of a list of people `u` (and of the rows `f` that put them there), newest first."""
    return f"""SELECT {shape.sql("u")}, {key} FROM {source} AND {key} < %(before)s AND {VISIBLE}
        ORDER BY {key} DESC {LIMIT}"""


FOLLOWERS_SQL = page_sql(
    FollowerItem,
    "users_follow f JOIN users_user u ON u.id = f.follower_id WHERE f.followed_id = %(owner_id)s",
)
FOLLOWING_SQL = page_sql(
    FollowingItem,
    "users_follow f JOIN users_user u ON u.id = f.followed_id WHERE f.follower_id = %(owner_id)s",
)
FRIENDS_SQL = page_sql(
    FriendItem,
    """users_follow f JOIN users_user u ON u.id = f.followed_id
    JOIN users_follow g ON g.follower_id = f.followed_id AND g.followed_id = f.follower_id
    WHERE f.follower_id = %(owner_id)s""",
)
REQUESTS_SQL = page_sql(
    RequestItem,
    """users_followrequest f JOIN users_user u ON u.id = f.sender_id
    WHERE f.receiver_id = %(owner_id)s""",
)
# A block hides its two people from each other everywhere but here.
BLOCKED_SQL = f"""
    SELECT {BlockItem.sql("u")}, f.id FROM users_block f JOIN users_user u ON u.id = f.blocked_id
    WHERE f.blocker_id = %(owner_id)s AND f.id < %(before)s AND u.status <> 'deleted'
    ORDER BY f.id DESC {LIMIT}"""
VISIT_KEY = "(extract(epoch FROM f.visited_at) * 1000000)::bigint"
# Microseconds back to a moment; the first page's `before` lies beyond all moments.
VISIT_BEFORE = "to_timestamp(least(%(before)s, 4102444800000000) / 1000000.0)"
VISITORS_SQL = f"""
    SELECT {VisitItem.sql("u")}, {VISIT_KEY}
    FROM users_profilevisit f JOIN users_user u ON u.id = f.visitor_id
    WHERE f.visited_id = %(owner_id)s AND f.visited_at > now() - interval '{VISIT_DAYS} days'
        AND f.visited_at < {VISIT_BEFORE} AND u.shows_profile_views AND {VISIBLE}
    ORDER BY f.visited_at DESC {LIMIT}"""


def followers_page(*, pages: Pages, viewed: Viewed) -> list[orjson.Fragment]:
    return pages.fetch(FOLLOWERS_SQL, viewed.parameters)


def following_page(*, pages: Pages, viewed: Viewed) -> list[orjson.Fragment]:
    return pages.fetch(FOLLOWING_SQL, viewed.parameters)


def friends_page(*, pages: Pages, viewed: Viewed) -> list[orjson.Fragment]:
    """People with whom the following is mutual."""
    return pages.fetch(FRIENDS_SQL, viewed.parameters)


def requests_page(*, pages: Pages, viewed: Viewed) -> list[orjson.Fragment]:
    return pages.fetch(REQUESTS_SQL, viewed.parameters)


def blocked_page(*, pages: Pages, viewed: Viewed) -> list[orjson.Fragment]:
    return pages.fetch(BLOCKED_SQL, viewed.parameters)


def visitors_page(*, pages: Pages, viewed: Viewed) -> list[orjson.Fragment]:
    """Who looked at the profile in the last 30 days and lets it be seen, the latest first."""
    return pages.fetch(VISITORS_SQL, viewed.parameters)


ONE_BLOCK_SQL = f"""
    SELECT {BlockItem.sql("u")} FROM users_block f JOIN users_user u ON u.id = f.blocked_id
    WHERE f.blocker_id = %(viewer_id)s AND f.blocked_id = %(user_id)s"""


def block_answer(*, user_id: int, viewer_id: int, media_url: str) -> orjson.Fragment | None:
    """What blockUser says about a new block."""
    parameters = {"user_id": user_id, "viewer_id": viewer_id, "media_url": media_url}
    return fetch_one_json(ONE_BLOCK_SQL, parameters)


BELL_SQL = f"""
    SELECT {BellAnswer.sql("f")} FROM users_follow f
    JOIN users_user u ON u.id = f.followed_id JOIN users_user me ON me.id = f.follower_id
    WHERE f.id = %(follow_id)s"""


def bell_answer(*, follow: Follow, media_url: str) -> orjson.Fragment | None:
    """What followerNotification says about the follow."""
    parameters = {
        "follow_id": follow.pk,
        "viewer_id": follow.follower_id,
        "media_url": media_url,
    }
    return fetch_one_json(BELL_SQL, parameters)


def may_see_lists(*, owner_id: int, viewer_id: int) -> bool:
    """Whether the owner's followers and following are shown: not of a private account to
    others than its followers, and not across a block."""
    if owner_id == viewer_id:
        return True
    owner = User.objects.filter(pk=owner_id).exclude(status=User.Status.DELETED)
    is_private = owner.values_list("is_private", flat=True).first()
    if is_private is None or is_blocked(owner_id, viewer_id):
        return False
    return not is_private or Follow.objects.filter(follower=viewer_id, followed=owner_id).exists()


SEARCH_SQL = f"""
    WITH f AS (
        (SELECT follower_id AS id FROM users_follow
         WHERE followed_id = %(owner_id)s ORDER BY id DESC LIMIT {SEARCHED_FOLLOWS})
        UNION
        (SELECT followed_id FROM users_follow
         WHERE follower_id = %(owner_id)s ORDER BY id DESC LIMIT {SEARCHED_FOLLOWS}))
    SELECT {PersonItem.sql("u")}, f.id FROM f JOIN users_user u ON u.id = f.id
    WHERE f.id < %(before)s AND {VISIBLE}
        AND (u.username ILIKE %(pattern)s OR u.first_name || ' ' || u.last_name ILIKE %(pattern)s)
    ORDER BY f.id DESC {LIMIT}"""


NAMED = """(u.username ILIKE %(pattern)s
        OR u.first_name || ' ' || u.last_name ILIKE %(pattern)s)"""


def named_sql(shape: type[Shape], person: str, owner: str) -> str:
    """Of the newest follows of one direction, those of people with the pattern in their names."""
    return page_sql(
        shape,
        f"""(SELECT * FROM users_follow WHERE {owner} = %(owner_id)s
            ORDER BY id DESC LIMIT {SEARCHED_FOLLOWS}) f
        JOIN users_user u ON u.id = f.{person} WHERE {NAMED}""",
    )


SEARCH_FOLLOWING_SQL = named_sql(FollowingItem, "followed_id", "follower_id")
SEARCH_FOLLOWERS_SQL = named_sql(FollowerItem, "follower_id", "followed_id")


def search_following(*, pages: Pages, viewed: Viewed, keyword: str) -> list[orjson.Fragment]:
    """The people one follows with the keyword in their names."""
    return pages.fetch(SEARCH_FOLLOWING_SQL, named(viewed, keyword))


def search_followers(*, pages: Pages, viewed: Viewed, keyword: str) -> list[orjson.Fragment]:
    """One's followers with the keyword in their names."""
    return pages.fetch(SEARCH_FOLLOWERS_SQL, named(viewed, keyword))


def search_follows(*, pages: Pages, viewed: Viewed, keyword: str) -> list[orjson.Fragment]:
    """People with the keyword in their names among one's followers and those one follows."""
    return pages.fetch(SEARCH_SQL, named(viewed, keyword))


def named(viewed: Viewed, keyword: str) -> dict[str, Any]:
    escaped = keyword.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return viewed.parameters | {"pattern": f"%{escaped}%"}
