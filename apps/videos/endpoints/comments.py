"""Comments and replies. Both are rows of one table, so an id names either."""

from typing import Any

from apps.contract import inputs
from apps.contract.answers import Answer, ContractValue, Refused
from apps.contract.endpoint import OPTIONAL, Endpoint
from apps.contract.fields import MAX_ID, IdField, IntField, JsonField, PageField, TextField
from apps.contract.paging import Pages
from apps.contract.throttle import Rate
from apps.contract.urls import media_url
from apps.users.callers import Caller
from apps.videos import access, comments, records, shapes
from apps.videos.services import comments as writing

MAX_MENTIONS = 20
MAX_TEXT = 1000
NO_COMMENTS = "There are no comments here."
NO_COMMENT = "Comment_id: this field is required."
BAD_MENTIONS = f"Users_json: a list of at most {MAX_MENTIONS} people is needed."


class CommentEndpoint(Endpoint):
    """The base of calls about one comment."""

    abstract = True
    group = "comments"
    throttle = Rate.WRITE

    def told(self, sql: str, caller: Caller, comment_id: int) -> ContractValue:
        return comments.answer(
            sql, comment_id=comment_id, viewer_id=caller.id, media_url=media_url(self.request)
        )


class ShowVideoComments(Endpoint):
    """Comments with their replies, ten a page, the newest first; the pinned one leads them."""

    group = "comments"
    auth = OPTIONAL
    answer = [comments.CommentItem]

    class Input(inputs.Input):
        video_id = IdField()
        starting_point = PageField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        video_id = data["video_id"]
        access.check_visible(video_id, viewer_id=caller.id)
        page = comments.comments_page(
            pages=Pages(self.name, caller, data["starting_point"], video_id),
            video_id=video_id,
            viewer_id=caller.id,
            media_url=media_url(self.request),
        )
        if not page:
            raise Refused(NO_COMMENTS)
        return page


class PostCommentOnVideo(CommentEndpoint):
    """Write a comment, or with `parent_id` a reply.

    Refused where comments are turned off, the author's setting video_comment leaves the caller
    out, or there is a block.
    """

    answer = comments.CommentItem

    class Input(inputs.Input):
        video_id = IdField(required=False, help_text="needed unless parent_id is given")
        comment = TextField(max_length=MAX_TEXT)
        parent_id = IdField(required=False, help_text="the comment that is answered")
        users_json = JsonField(required=False, help_text="people mentioned, [{user_id}]")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        video_id, parent_id = data.get("video_id"), data.get("parent_id")
        if video_id is None:
            if parent_id is None:
                raise Refused("Video_id: this field is required.")
            video_id = writing.video_of(parent_id)
        comment_id = writing.write(
            caller=caller,
            video_id=video_id,
            text=data["comment"],
            mentions=read_mentions(data.get("users_json")),
            parent_id=parent_id,
        )
        return self.told(comments.ONE_SQL, caller, comment_id)


class PostCommentReply(CommentEndpoint):
    """Answer a comment or another reply."""

    answer = comments.ReplyAnswer

    class Input(inputs.Input):
        comment_id = IdField()
        comment = TextField(max_length=MAX_TEXT)
        users_json = JsonField(required=False, help_text="people mentioned, [{user_id}]")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        reply_id = writing.write(
            caller=caller,
            video_id=writing.video_of(data["comment_id"]),
            text=data["comment"],
            mentions=read_mentions(data.get("users_json")),
            parent_id=data["comment_id"],
        )
        return self.told(comments.REPLY_SQL, caller, reply_id)


class LikeComment(CommentEndpoint):
    """Like a comment or reply, or take it back: then `msg` is "unfavourite", 200 as well.

    `like_count` beside `msg` is needed by iOS whatever the outcome.
    """

    answer = comments.CommentLikeAnswer
    refusal_beside = {"like_count": 0}

    class Input(inputs.Input):
        comment_id = IdField(required=False)
        comment_reply_id = IdField(required=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        comment_id = one_id(data, "comment_id", "comment_reply_id")
        liked, count = writing.toggle_like(caller=caller, comment_id=comment_id)
        msg = self.told(comments.LIKE_SQL, caller, comment_id) if liked else "unfavourite"
        return Answer(msg, like_count=count)


class LikeCommentReply(LikeComment):
    """The same for a reply."""


class DeleteVideoComment(CommentEndpoint):
    """Delete a comment with its replies, or a reply: its author and the video's may."""

    answer = "deleted"

    class Input(inputs.Input):
        id = IdField(required=False)
        comment_id = IdField(required=False)
        comment_reply_id = IdField(required=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        comment_id = one_id(data, "id", "comment_id", "comment_reply_id")
        writing.delete(caller=caller, comment_id=comment_id)
        return "deleted"


class DeleteVideoCommentReply(DeleteVideoComment):
    """The same for a reply."""


class PinComment(Endpoint):
    """Pin a comment on one of the caller's videos in place of any other; 0 unpins."""

    group = "comments"
    throttle = Rate.WRITE
    answer = shapes.VideoRecord

    class Input(inputs.Input):
        video_id = IdField()
        pin_comment_id = IntField(required=False, max_value=MAX_ID)
        comment_id = IntField(required=False, max_value=MAX_ID)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        comment_id = data.get("pin_comment_id", data.get("comment_id"))
        if comment_id is None:
            raise Refused(NO_COMMENT)
        writing.pin(owner_id=caller.id, video_id=data["video_id"], comment_id=comment_id)
        return records.record(
            records.RECORD_SQL,
            video_id=data["video_id"],
            viewer_id=caller.id,
            media_url=media_url(self.request),
        )


def one_id(data: dict[str, Any], *names: str) -> int:
    """The id under the first of these names that was sent. Raises Refused if none was."""
    for name in names:
        if name in data:
            return data[name]
    raise Refused(NO_COMMENT)


def read_mentions(rows: Any) -> list[int]:
    """Ids of the people mentioned; entries without one are passed over. Raises Refused."""
    if rows is None:
        return []
    if not isinstance(rows, list) or len(rows) > MAX_MENTIONS:
        raise Refused(BAD_MENTIONS)
    given = [row.get("user_id") for row in rows if isinstance(row, dict)]
    digits = [str(value) for value in given]
    return [int(text) for text in digits if text.isascii() and text.isdigit() and len(text) < 19]
