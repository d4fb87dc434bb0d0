"""Complaints of the apps' users."""

from typing import Any

import orjson
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.contract.answers import Refused
from apps.moderation.models import Report, ReportReason
from apps.moderation.services import review
from apps.users.models import User
from apps.videos import access
from apps.videos.models import Video, VideoComment

ALREADY = "You have already reported this today. Thank you, we are looking at it."
NO_VIDEO = "This video does not exist."
NO_PERSON = "This account does not exist."
NO_COMMENT = "This comment does not exist any more."
NOT_ONESELF = "You can't report yourself."
ACCOUNT_EVIDENCE = (
    *("id", "username", "first_name", "last_name", "bio", "website", "profile_pic", "gender"),
    *("verified", "is_private", "status", "followers_count", "video_count", "created_at"),
)
COMMENT_EVIDENCE = ("id", "video_id", "user_id", "parent_id", "text", "like_count", "created_at")
VIDEO_EVIDENCE = (
    *("id", "user_id", "description", "file", "thumbnail", "duration", "privacy", "is_story"),
    *("location", "view_count", "like_count", "comment_count", "created_at"),
)


def report_user(
    *, reporter_id: int, user_id: int, reason_id: int | None, description: str
) -> Report:
    """Complain about an account. Raises Refused for oneself, nobody, and a repeat on one day."""
    if user_id == reporter_id:
        raise Refused(NOT_ONESELF)
    account = account_evidence(user_id)
    if account is None:
        raise Refused(NO_PERSON)
    return file_report(
        reporter_id=reporter_id,
        kind=Report.Kind.USER,
        target_id=user_id,
        accused_id=user_id,
        reason_id=reason_id,
        description=description,
        evidence={"account": account},
    )


def report_video(
    *,
    reporter_id: int,
    video_id: int,
    reason_id: int | None,
    description: str,
    id_may_be_a_users: bool = False,
) -> Report:
    """Complain about a video. Raises Refused for no such video, and a repeat on one day.

    The iOS app reports a profile with the person's id in the video's place and nothing to tell
    the two apart (contract/ios/endpoints.json reportVideo). With `id_may_be_a_users` an id of no
    video means the person, and an id of both is kept as a video's with a hint for the operator.
    """
    video = Video.objects.filter(pk=video_id).values(*VIDEO_EVIDENCE).first()
    perhaps = account_evidence(video_id) if id_may_be_a_users else None
    if video is None:
        if perhaps is None:
            raise Refused(NO_VIDEO)
        return report_user(
            reporter_id=reporter_id,
            user_id=video_id,
            reason_id=reason_id,
            description=description,
        )
    evidence = {"video": video, "account": account_evidence(video["user_id"])}
    if perhaps:
        evidence["perhaps_account"] = perhaps
    return file_report(
        reporter_id=reporter_id,
        kind=Report.Kind.VIDEO,
        target_id=video_id,
        accused_id=video["user_id"],
        may_mean_user_id=video_id if perhaps else None,
        reason_id=reason_id,
        description=description,
        evidence=evidence,
    )


def report_comment(
    *, reporter_id: int, comment_id: int, reason_id: int | None, description: str
) -> Report:
    """Complain about a comment or a reply. Raises Refused for one that is gone or not to be seen,
    one's own, and a repeat on one day."""
    comment = VideoComment.objects.filter(pk=comment_id, hidden=False)
    found = comment.values(*COMMENT_EVIDENCE).first()
    if found is None or not access.visible([found["video_id"]], viewer_id=reporter_id):
        raise Refused(NO_COMMENT)
    if found["user_id"] == reporter_id:
        raise Refused(NOT_ONESELF)
    return file_report(
        reporter_id=reporter_id,
        kind=Report.Kind.COMMENT,
        target_id=comment_id,
        accused_id=found["user_id"],
        reason_id=reason_id,
        description=description,
        evidence={"comment": found, "account": account_evidence(found["user_id"])},
    )


def account_evidence(user_id: int) -> dict[str, Any] | None:
    """What an account looks like to the public now; None unless it is there."""
    accounts = User.objects.filter(pk=user_id).exclude(status=User.Status.DELETED)
    return accounts.values(*ACCOUNT_EVIDENCE).first()


def file_report(
    *,
    reporter_id: int,
    kind: Report.Kind,
    target_id: int,
    accused_id: int,
    reason_id: int | None,
    description: str,
    evidence: dict[str, Any],
    may_mean_user_id: int | None = None,
) -> Report:
    """Keep a report; other rooms use it for live rooms and comments too.

    The reason's title is kept as it is now; a reason that is gone is no reason to turn a report
    away. Raises Refused for a second report of the same thing by the same person on one day.
    """
    reason = ReportReason.objects.filter(pk=reason_id).first() if reason_id else None
    try:
        with transaction.atomic():
            report = Report.objects.create(
                reporter_id=reporter_id,
                kind=kind,
                target_id=target_id,
                accused_id=accused_id,
                may_mean_user_id=may_mean_user_id,
                reason=reason,
                reason_title=reason.title if reason else "",
                description=description,
                evidence=orjson.loads(DjangoJSONEncoder().encode(evidence)),
                day=timezone.now().date(),
            )
    except IntegrityError as error:
        raise Refused(ALREADY) from error
    review.after_report(report)
    return report
