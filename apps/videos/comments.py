"""Reads of comments, and what the clients are told about them.

Statements call the comment `c`, its author `u` and its video `v`. iOS takes a reply as a whole
node under `Children` (needed in every node), Android as a flat row under `VideoCommentReply`.
Comments of accounts that are not active, across a block, and hidden by moderation, are left out.

Sources: contract/ios/models.schema.json (CommentResponseMsg), ios/NOTES.md "The most surprising
type requirements" 1, android/endpoints.json showVideoComments.
"""

import orjson

from apps.contract.paging import LIMIT, Pages
from apps.contract.shapes import (
    Field,
    Shape,
    constant,
    fetch_json,
    fetch_one_json,
    flag,
    integer,
    moment,
    nested,
    text,
)
from apps.users.people.lists import ACTIVE, NO_BLOCK, VISIBLE
from apps.users.shapes import PublicUser
from apps.videos.shapes import FeedItem


def not_hidden(comment: str) -> str:
    return f"(NOT {comment}.hidden OR {comment}.user_id = %(viewer_id)s)"


DETAIL_COMMENTS = 10
MAX_REPLIES = 100  # shown under a comment, the oldest first
REPLIES = f"""FROM (
        SELECT k.* FROM videos_videocomment k JOIN users_user u
        ON u.id = k.user_id WHERE k.parent_id = {{t}}.id AND {ACTIVE} AND {NO_BLOCK}
            AND {not_hidden("k")}
        ORDER BY k.id LIMIT {MAX_REPLIES}) k JOIN users_user ku ON ku.id = k.user_id"""


def replies(shape: type[Shape]) -> Field:
    """A list of the replies `k` by `ku` to the comment."""
    rows = f"(SELECT coalesce(json_agg({shape.sql('k')} ORDER BY k.id), '[]'::json) {REPLIES})"
    return Field(rows, "{source}", {"type": "array", "items": shape.schema()})


def liked_by(person: str) -> Field:
    return flag(
        "EXISTS (SELECT FROM videos_videocommentlike l"
        f" WHERE l.comment_id = {{t}}.id AND l.user_id = {person})"
    )


class CommentShape(Shape):
    """A comment or reply; `owner_like` says whether the video's author likes it."""

    id = integer("id")
    video_id = integer("video_id")
    user_id = integer("user_id")
    comment_id = integer("parent_id")
    parent_id = integer("parent_id")
    comment = text("text")
    like = liked_by("%(viewer_id)s")
    like_count = integer("like_count")
    owner_like = liked_by("v.user_id")
    created = moment("created_at")


class ReplyNode(Shape):
    VideoComment = nested(CommentShape, "k")
    User = nested(PublicUser, "ku")
    Children = constant([])


class FlatReply(CommentShape):
    User = nested(PublicUser, "ku")


class CommentVideo(Shape):
    """As much of the video as the comment screens read."""

    id = integer("id")
    user_id = integer("user_id")
    comment_count = integer("comment_count")
    pin_comment_id = integer("pinned_comment_id")


class CommentItem(Shape):
    VideoComment = nested(CommentShape, "c")
    User = nested(PublicUser, "u")
    Video = nested(CommentVideo, "v")
    Children = replies(ReplyNode)
    VideoCommentReply = replies(FlatReply)


class DetailComment(CommentShape):
    User = nested(PublicUser, "cu")


class VideoDetail(FeedItem):
    """A video `v` with its latest comments; the rest have a call of their own."""

    VideoComment = Field(
        f"""(SELECT coalesce(json_agg({DetailComment.sql("c")} ORDER BY c.id DESC), '[]'::json)
        FROM (SELECT c.* FROM videos_videocomment c JOIN users_user u ON u.id = c.user_id
            WHERE c.video_id = {{t}}.id AND c.parent_id IS NULL AND {VISIBLE}
                AND {not_hidden("c")}
            ORDER BY c.id DESC LIMIT {DETAIL_COMMENTS}) c JOIN users_user cu ON cu.id = c.user_id)
        """,
        "{source}",
        {"type": "array", "items": DetailComment.schema()},
    )


class ReplyAnswer(Shape):
    """`msg` of postCommentReply: the reply `c` by `u`, and the comment `p` it stands under."""

    VideoCommentReply = nested(CommentShape, "c")
    VideoComment = nested(CommentShape, "p")
    User = nested(PublicUser, "u")


class CommentLikeShape(Shape):
    id = integer("id")
    comment_id = integer("comment_id")
    comment_reply_id = integer("comment_id")
    user_id = integer("user_id")
    owner_like = flag("{t}.user_id = v.user_id")
    created = moment("created_at")


class CommentLikeAnswer(Shape):
    """The like `l` of a comment or a reply, under the names of both calls."""

    VideoCommentLike = nested(CommentLikeShape, "l")
    VideoCommentReplyLike = nested(CommentLikeShape, "l")
    VideoComment = nested(CommentShape, "c")
    VideoCommentReply = nested(CommentShape, "c")
    User = nested(PublicUser, "u")


SOURCE = """videos_videocomment c JOIN videos_video v ON v.id = c.video_id
    JOIN users_user u ON u.id = c.user_id"""
PAGE_SQL = f"""
    SELECT {CommentItem.sql("c")}, c.id FROM {SOURCE}
    WHERE c.video_id = %(video_id)s AND c.parent_id IS NULL AND c.id < %(before)s
        AND c.id IS DISTINCT FROM v.pinned_comment_id AND {VISIBLE} AND {not_hidden("c")}
    ORDER BY c.id DESC {LIMIT}"""
PINNED_SQL = f"""
    SELECT {CommentItem.sql("c")} FROM {SOURCE}
    WHERE v.id = %(video_id)s AND c.id = v.pinned_comment_id AND {VISIBLE}
        AND {not_hidden("c")}"""
ONE_SQL = f"SELECT {CommentItem.sql('c')} FROM {SOURCE} WHERE c.id = %(comment_id)s"
REPLY_SQL = f"""
    SELECT {ReplyAnswer.sql("c")} FROM {SOURCE} JOIN videos_videocomment p ON p.id = c.parent_id
    WHERE c.id = %(comment_id)s"""
DETAIL_SQL = f"""
    SELECT {VideoDetail.sql("v")} FROM videos_video v JOIN users_user u ON u.id = v.user_id
    LEFT JOIN videos_sound s ON s.id = v.sound_id WHERE v.id = %(video_id)s"""
LIKE_SQL = f"""
    SELECT {CommentLikeAnswer.sql("c")} FROM videos_videocommentlike l
    JOIN videos_videocomment c ON c.id = l.comment_id JOIN videos_video v ON v.id = c.video_id
    JOIN users_user u ON u.id = l.user_id
    WHERE l.comment_id = %(comment_id)s AND l.user_id = %(viewer_id)s"""


def comments_page(
    *, pages: Pages, video_id: int, viewer_id: int, media_url: str
) -> list[orjson.Fragment]:
    """A page of comments with their replies, the newest first; the pinned one leads them all."""
    parameters = {"video_id": video_id, "viewer_id": viewer_id, "media_url": media_url}
    first = [] if pages.page else fetch_json(PINNED_SQL, parameters)
    return first + pages.fetch(PAGE_SQL, parameters)


def answer(sql: str, *, comment_id: int, viewer_id: int, media_url: str) -> orjson.Fragment | None:
    """What one of the statements above says about a comment, or None if it is gone."""
    parameters = {"comment_id": comment_id, "viewer_id": viewer_id, "media_url": media_url}
    return fetch_one_json(sql, parameters)
