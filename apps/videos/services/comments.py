"""Comments and replies: writing, liking, pinning, deleting.

Writing and deleting lock the video first, so that its counter is exact and a comment can't slip
in while comments are being turned off.
"""

from django.db import transaction
from django.db.models import F

from apps.contract.answers import Refused
from apps.notifications.models import Notification
from apps.notifications.services import notify, notify_many
from apps.users.callers import Caller
from apps.users.models import PrivacySetting
from apps.users.people.lists import is_blocked
from apps.videos import access
from apps.videos.models import Video, VideoComment, VideoCommentLike

Audience = PrivacySetting.Audience
Type = Notification.Type
TURNED_OFF = "Comments are turned off for this video."
NOT_FOR_YOU = "This person does not take comments from you."
NO_SUCH_COMMENT = "This comment does not exist any more."
NOT_YOURS = "You can only delete your own comments, or those on your own videos."
NOT_ON_THIS_VIDEO = "This comment can't be pinned here."


@transaction.atomic
def write(
    *, caller: Caller, video_id: int, text: str, mentions: list[int], parent_id: int | None = None
) -> int:
    """Write a comment, or with `parent_id` a reply; its id.

    Tells the video's author or whoever is answered, and the people mentioned. Raises Refused
    where the video, its author's settings or a block forbid it. Locks the video.
    """
    video = access.lock_video(video_id)
    check_may_comment(video, caller=caller)
    answered = answered_comment(video, caller=caller, comment_id=parent_id) if parent_id else None
    comment = VideoComment.objects.create(
        video=video,
        user_id=caller.id,
        text=text,
        # A reply to a reply stands under the same comment.
        parent_id=(answered.parent_id or answered.pk) if answered else None,
    )
    if answered is None:
        Video.objects.filter(pk=video.pk).update(comment_count=F("comment_count") + 1)
    told = tell_of_comment(video, caller=caller, text=text, answered=answered)
    tell_mentioned(video, caller=caller, text=text, people=set(mentions) - {told})
    return comment.pk


def check_may_comment(video: Video, *, caller: Caller) -> None:
    """Raises Refused unless the caller may write under this video."""
    access.check_visible(video.pk, viewer_id=caller.id)
    if not video.allow_comments:
        raise Refused(TURNED_OFF)
    if video.user_id == caller.id:
        return
    settings = PrivacySetting.objects.filter(user=video.user_id)
    audience = settings.values_list("video_comment", flat=True).first()
    allowed = audience == Audience.EVERYONE or (
        audience == Audience.FRIEND and access.are_friends(caller.id, video.user_id)
    )
    if not allowed:
        raise Refused(NOT_FOR_YOU)


def answered_comment(video: Video, *, caller: Caller, comment_id: int) -> VideoComment:
    """The comment of this video that is being answered. Raises Refused."""
    answered = VideoComment.objects.filter(pk=comment_id, video=video).first()
    if answered is None or is_blocked(caller.id, answered.user_id):
        raise Refused(NO_SUCH_COMMENT)
    return answered


def tell_of_comment(
    video: Video, *, caller: Caller, text: str, answered: VideoComment | None
) -> int:
    """Tell the author of what is commented or answered; returns who that is."""
    receiver_id = answered.user_id if answered else video.user_id
    did = "replied to your comment" if answered else "commented"
    notify(
        receiver_id=receiver_id,
        sender_id=caller.id,
        type=Type.VIDEO_COMMENT,
        text=f"{caller.username} {did}: {text}",
        video_id=video.pk,
    )
    return receiver_id


def tell_mentioned(video: Video, *, caller: Caller, text: str, people: set[int]) -> None:
    if people:
        notify_many(
            receiver_ids=sorted(people),
            sender_id=caller.id,
            type=Type.COMMENT_TAG,
            text=f"{caller.username} mentioned you in a comment: {text}",
            video_id=video.pk,
        )


def video_of(comment_id: int) -> int:
    """The id of the video that a comment is on. Raises Refused if there is no such comment."""
    comments = VideoComment.objects.filter(pk=comment_id)
    video_id = comments.values_list("video", flat=True).first()
    if video_id is None:
        raise Refused(NO_SUCH_COMMENT)
    return video_id


@transaction.atomic
def toggle_like(*, caller: Caller, comment_id: int) -> tuple[bool, int]:
    """Like a comment or reply, or take it back; whether it is liked now, and by how many.

    Tells its author. Raises Refused. Locks the comment.
    """
    locked = VideoComment.objects.select_for_update(no_key=True)
    comment = locked.filter(pk=comment_id).first()
    if comment is None:
        raise Refused(NO_SUCH_COMMENT)
    own = VideoCommentLike.objects.filter(user=caller.id, comment=comment)
    liked = not own.delete()[0]
    if liked:
        like(comment, caller=caller)
    by = 1 if liked else -1
    VideoComment.objects.filter(pk=comment.pk).update(like_count=F("like_count") + by)
    return liked, comment.like_count + by


def like(comment: VideoComment, *, caller: Caller) -> None:
    """Add the like and tell the comment's author. The caller has locked the comment."""
    access.check_visible(comment.video_id, viewer_id=caller.id)
    if is_blocked(caller.id, comment.user_id):
        raise Refused(NO_SUCH_COMMENT)
    VideoCommentLike.objects.create(user_id=caller.id, comment=comment)
    notify(
        receiver_id=comment.user_id,
        sender_id=caller.id,
        type=Type.COMMENT_LIKE,
        text=f"{caller.username} liked your comment",
        video_id=comment.video_id,
        collapse_key=f"comment_like:{caller.id}:{comment.pk}",
    )


@transaction.atomic
def delete(*, caller: Caller, comment_id: int) -> None:
    """Delete a comment with its replies, or a reply; a pin of it ends.

    Its author and the video's may. Raises Refused for others. Locks the video.
    """
    video = access.lock_video(video_of(comment_id))
    comment = VideoComment.objects.filter(pk=comment_id).first()
    if comment is None:
        raise Refused(NO_SUCH_COMMENT)
    if caller.id not in (comment.user_id, video.user_id):
        raise Refused(NOT_YOURS)
    count(comment, -1 if not comment.hidden else 0)
    comment.delete()


def count(comment: VideoComment, by: int) -> None:
    """Replies are not counted. The caller has locked the video."""
    if by and comment.parent_id is None:
        Video.objects.filter(pk=comment.video_id).update(comment_count=F("comment_count") + by)


@transaction.atomic
def set_hidden(*, comment_id: int, hidden: bool) -> int | None:
    """Hide a comment from all but its author, or show it again; its author's id, None if it is
    so already or gone. Locks the video."""
    comment = VideoComment.objects.filter(pk=comment_id).first()
    if comment is None:
        return None
    access.lock_video(comment.video_id)
    changed = VideoComment.objects.filter(pk=comment_id, hidden=not hidden).update(hidden=hidden)
    if not changed:
        return None
    count(comment, -1 if hidden else 1)
    return comment.user_id


@transaction.atomic
def pin(*, owner_id: int, video_id: int, comment_id: int) -> None:
    """Pin a comment on one of the owner's videos in place of any other; 0 unpins.

    Raises Refused for others' videos and for what is no comment of this one. Locks the video.
    """
    video = access.lock_own_video(video_id, owner_id=owner_id)
    comments = VideoComment.objects.filter(pk=comment_id, video=video, parent__isnull=True)
    if comment_id and not comments.exists():
        raise Refused(NOT_ON_THIS_VIDEO)
    Video.objects.filter(pk=video.pk).update(pinned_comment=comment_id or None)
