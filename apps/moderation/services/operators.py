"""What operators do. Each action stands in the log (OperatorAction) in the same transaction."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.audit.services import Kind as AuditKind
from apps.audit.services import note
from apps.moderation.models import HeldVideo, OperatorAction, Report, VerificationRequest
from apps.notifications import services as notifications
from apps.users.models import User
from apps.videos.models import Video, VideoComment
from apps.videos.services import comments, moving, publishing

Kind = OperatorAction.Kind


class NotPossible(Exception):
    """Why an action can't be done, as a sentence for the operator."""


def record(
    *,
    operator_id: int,
    kind: OperatorAction.Kind,
    user_id: int | None = None,
    video_id: int | None = None,
    report_id: int | None = None,
    reason: str = "",
    **details: str,
) -> None:
    """Add to the operators' log and to the audit log."""
    audit_line(
        kind=kind,
        user_id=user_id,
        video_id=video_id,
        report_id=report_id,
        operator_id=operator_id,
        reason=reason,
        details=details,
    )
    OperatorAction.objects.create(
        operator_id=operator_id,
        kind=kind,
        user_id=user_id,
        video_id=video_id,
        report_id=report_id,
        reason=reason[:300],
        details=details,
    )


def audit_line(
    *,
    kind: OperatorAction.Kind,
    user_id: int | None,
    video_id: int | None,
    report_id: int | None,
    operator_id: int,
    reason: str,
    details: dict[str, str],
) -> None:
    """The same for the log of everything; about the nearest of what is named."""
    named = (
        ("videos.video", video_id),
        ("users.user", user_id),
        ("moderation.report", report_id),
    )
    model, object_id = next((pair for pair in named if pair[1]), ("", ""))
    note(
        AuditKind.DECISION,
        kind,
        model=model,
        object_id=object_id,
        object_name=username_of(user_id),
        person_id=user_id,
        operator_id=operator_id,
        reason=reason,
        details=details | ({"report": str(report_id)} if report_id else {}),
    )


def username_of(user_id: int | None) -> str:
    return User.objects.filter(pk=user_id or 0).values_list("username", flat=True).first() or ""


@transaction.atomic
def dismiss_report(*, operator_id: int, report_id: int, reason: str = "") -> None:
    """Close a report without doing anything. A closed one stays as it is."""
    if close(operator_id, Report.objects.filter(pk=report_id), Report.State.DISMISSED):
        record(
            operator_id=operator_id, kind=Kind.DISMISS_REPORT, report_id=report_id, reason=reason
        )


def close(operator_id: int, reports: QuerySet[Report], state: Report.State) -> int:
    return reports.filter(state=Report.State.OPEN).update(
        state=state, handled_by_id=operator_id, handled_at=timezone.now()
    )


@transaction.atomic
def ban_user(
    *,
    operator_id: int,
    user_id: int | None,
    reason: str,
    until: datetime | None = None,
    report_id: int | None = None,
) -> None:
    """Shut an account out, for good without `until`; every open report about it is closed.

    Its sign-ins stop working with the next request, and its live room is ended by the next
    reconciliation. Raises NotPossible without a reason, for operators and deleted accounts.
    """
    if not reason.strip():
        raise NotPossible("A ban needs a reason.")
    if until is not None and until <= timezone.now():
        raise NotPossible("The end of the ban is in the past.")
    user = User.objects.select_for_update().filter(pk=user_id or 0).first()
    if user is None or user.status == User.Status.DELETED:
        raise NotPossible("This account does not exist any more.")
    if user.is_staff:
        raise NotPossible("Operators can't be banned. Take away their rights first.")
    User.objects.filter(pk=user.pk).update(
        status=User.Status.BANNED, ban_reason=reason[:200], banned_until=until
    )
    close(operator_id, Report.objects.filter(accused_id=user_id), Report.State.ACTED)
    record(
        operator_id=operator_id,
        kind=Kind.BAN,
        user_id=user.pk,
        report_id=report_id,
        reason=reason,
        until=until.isoformat() if until else "for good",
    )


@transaction.atomic
def unban_user(*, operator_id: int, user_id: int, reason: str = "") -> None:
    """Let an account in again. Raises NotPossible unless it is banned."""
    banned = User.objects.filter(pk=user_id, status=User.Status.BANNED)
    if not banned.update(status=User.Status.ACTIVE, ban_reason="", banned_until=None):
        raise NotPossible("This account is not banned.")
    record(operator_id=operator_id, kind=Kind.UNBAN, user_id=user_id, reason=reason)


@transaction.atomic
def warn_user(
    *, operator_id: int, user_id: int | None, reason: str, report_id: int | None = None
) -> None:
    """Tell somebody in the app what they must not do; the report that is named is closed.

    Raises NotPossible without words, and for accounts that are gone.
    """
    if not reason.strip():
        raise NotPossible("A warning needs words: the person reads them.")
    if not User.objects.filter(pk=user_id or 0).exclude(status=User.Status.DELETED).exists():
        raise NotPossible("This account does not exist any more.")
    if report_id is not None:
        close(operator_id, Report.objects.filter(pk=report_id), Report.State.ACTED)
    notifications.tell(receiver_id=int(user_id or 0), text=f"A warning: {reason}")
    record(
        operator_id=operator_id,
        kind=Kind.WARN,
        user_id=user_id,
        report_id=report_id,
        reason=reason,
    )


@transaction.atomic
def set_video_hidden(
    *, operator_id: int, video_id: int, hidden: bool, reason: str, report_id: int | None = None
) -> None:
    """Hide a video from everyone but its owner, or show it (again): also what becomes of one that
    was held for review.

    Closes every open report about it and tells its owner. Raises NotPossible if it is gone. Locks
    the video.
    """
    videos = Video.objects.select_for_update(of=("self",)).select_related("user")
    video = videos.exclude(state=Video.State.DELETED).filter(pk=video_id).first()
    if video is None:
        raise NotPossible("This video does not exist any more.")
    was = HeldVideo.objects.filter(pk=video_id).values_list("state", flat=True).first()
    Video.objects.filter(pk=video_id).update(block=hidden)
    moving.due(video_id)
    note_decision(operator_id=operator_id, video_id=video_id, hidden=hidden, reason=reason)
    reports = Report.objects.filter(kind=Report.Kind.VIDEO, target_id=video_id)
    close(operator_id, reports, Report.State.ACTED if hidden else Report.State.DISMISSED)
    record(
        operator_id=operator_id,
        kind=Kind.HIDE_VIDEO if hidden else Kind.SHOW_VIDEO,
        user_id=video.user_id,
        video_id=video_id,
        report_id=report_id,
        reason=reason,
    )
    tell_owner(video, hidden=hidden, reason=reason)
    if not hidden and was == HeldVideo.State.WAITING:
        publishing.announce(video)


def note_decision(*, operator_id: int, video_id: int, hidden: bool, reason: str) -> None:
    decision = {
        "state": HeldVideo.State.REJECTED if hidden else HeldVideo.State.APPROVED,
        "answer": reason[:300],
        "decided_by_id": operator_id,
        "decided_at": timezone.now(),
    }
    held = HeldVideo.objects.filter(pk=video_id)
    if not held.update(**decision) and hidden:
        HeldVideo.objects.create(video_id=video_id, reason=HeldVideo.Reason.OPERATOR, **decision)


def tell_owner(video: Video, *, hidden: bool, reason: str) -> None:
    if hidden:
        said = f"Your video was hidden from others. {reason}".strip()
    elif video.block:
        said = "Your video was looked at, and others can see it."
    else:
        return
    notifications.tell(receiver_id=video.user_id, text=said, video_id=video.pk)


@transaction.atomic
def set_comment_hidden(
    *, operator_id: int, comment_id: int, hidden: bool, reason: str, report_id: int | None = None
) -> None:
    """Hide a comment from all but its author, or show it again; closes every open report about it.

    Raises NotPossible if it is gone. Locks its video.
    """
    author_id = VideoComment.objects.filter(pk=comment_id).values_list("user", flat=True).first()
    if author_id is None:
        raise NotPossible("This comment does not exist any more.")
    comments.set_hidden(comment_id=comment_id, hidden=hidden)
    reports = Report.objects.filter(kind=Report.Kind.COMMENT, target_id=comment_id)
    close(operator_id, reports, Report.State.ACTED if hidden else Report.State.DISMISSED)
    record(
        operator_id=operator_id,
        kind=Kind.HIDE_COMMENT if hidden else Kind.SHOW_COMMENT,
        user_id=author_id,
        report_id=report_id,
        reason=reason,
        comment=str(comment_id),
    )


@transaction.atomic
def decide_verification(
    *, operator_id: int, request_id: int, approve: bool, answer: str = ""
) -> None:
    """Give the blue tick or say why not. Locks the request; a decided one can be decided anew."""
    request = VerificationRequest.objects.select_for_update().get(pk=request_id)
    state = VerificationRequest.State
    VerificationRequest.objects.filter(pk=request_id).update(
        state=state.APPROVED if approve else state.REJECTED,
        answer=answer[:300],
        decided_by_id=operator_id,
        decided_at=timezone.now(),
    )
    User.objects.filter(pk=request.user_id).update(verified=approve)
    record(
        operator_id=operator_id,
        kind=Kind.APPROVE_VERIFICATION if approve else Kind.REJECT_VERIFICATION,
        user_id=request.user_id,
        reason=answer,
    )
