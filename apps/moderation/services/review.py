"""What waits for an operator before others see it, by the rules (models.Rules)."""

import logging
import re
import unicodedata
from datetime import timedelta
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from apps.moderation.classifiers import ClassifierFailed, ask
from apps.moderation.models import HeldVideo, Report, Rules
from apps.videos.models import Video
from apps.videos.review import Doubt
from apps.videos.services import comments, moving

logger = logging.getLogger(__name__)
Reason = HeldVideo.Reason
State = HeldVideo.State


def rules() -> Rules:
    """The rules as they are now; those of a fresh installation if nobody has saved any."""
    return Rules.objects.filter(pk=1).first() or Rules(pk=1)


def judge(*, video: Video, clip: Path | None) -> Doubt | None:
    """The first doubt about a video: its author's age, its words, its pictures."""
    now = rules()
    doubt = doubt_about_words(video, now)
    if doubt is None and clip is not None:
        doubt = doubt_about_account(video, now) or doubt_about_clip(video, clip, now)
    return doubt


def doubt_about_account(video: Video, now: Rules) -> Doubt | None:
    young = video.user.created_at > timezone.now() - timedelta(days=now.new_account_days)
    if not now.hold_new_accounts or not young:
        return None
    return Doubt(Reason.NEW_ACCOUNT, f"since {video.user.created_at:%Y-%m-%d}")


def doubt_about_words(video: Video, now: Rules) -> Doubt | None:
    if not now.hold_words or not now.words.strip():
        return None
    tags = " ".join(video.hashtags.values_list("name", flat=True))
    found = found_words(now.words.splitlines(), f"{video.description}\n{tags}")
    return Doubt(Reason.WORDS, ", ".join(found)[:300]) if found else None


def found_words(words: list[str], text: str) -> list[str]:
    """Which of the words and phrases stand in the text by themselves."""
    text = plain(text)
    wanted = [word for word in (plain(word).strip() for word in words) if word]
    return [word for word in wanted if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)]


def plain(text: str) -> str:
    """Without case and without the letters' fancy forms."""
    return unicodedata.normalize("NFKC", text).casefold()


def doubt_about_clip(video: Video, clip: Path, now: Rules) -> Doubt | None:
    if not now.hold_by_classifier:
        return None
    try:
        verdict = ask(clip=clip, description=video.description)
    except ClassifierFailed as failure:
        logger.warning("The classifier failed on video %s: %s", video.pk, failure)
        failed = Doubt(Reason.CLASSIFIER_FAILED, str(failure)[:300])
        return failed if now.hold_if_classifier_fails else None
    return Doubt(Reason.CLASSIFIER, verdict.detail[:300]) if verdict and verdict.hold else None


@transaction.atomic
def hold(*, video_id: int, doubt: Doubt) -> None:
    """Hide a video from all but its owner until somebody decides. Locks the video."""
    if not Video.objects.filter(pk=video_id).update(block=True):
        return
    HeldVideo.objects.update_or_create(
        video_id=video_id,
        defaults={
            "reason": doubt.reason,
            "detail": doubt.detail,
            "state": State.WAITING,
            "answer": "",
            "decided_by": None,
            "decided_at": None,
            "created_at": timezone.now(),
        },
    )
    moving.due(video_id)


def after_report(report: Report) -> None:
    """Hide what enough people have reported since somebody last looked."""
    if report.kind not in (Report.Kind.VIDEO, Report.Kind.COMMENT):
        return
    now = rules()
    is_video = report.kind == Report.Kind.VIDEO
    enough = now.video_reports if is_video else now.comment_reports
    wanted = now.hold_reported_videos if is_video else now.hide_reported_comments
    if not wanted or reporters(report) < enough:
        return
    if is_video:
        hold_reported(report.target_id)
    else:
        comments.set_hidden(comment_id=report.target_id, hidden=True)


def reporters(report: Report) -> int:
    """How many people's reports of the same thing are open."""
    same = Report.objects.filter(kind=report.kind, target_id=report.target_id)
    return same.filter(state=Report.State.OPEN).values("reporter").distinct().count()


def hold_reported(video_id: int) -> None:
    if Video.objects.filter(pk=video_id, block=False).exists():
        hold(video_id=video_id, doubt=Doubt(Reason.REPORTS))


def hold_unless_decided(*, video_id: int, doubt: Doubt) -> None:
    """Hold a video about which no operator has decided: a machine does not overrule them."""
    decided = HeldVideo.objects.filter(pk=video_id).exclude(state=State.WAITING)
    if not decided.exists():
        hold(video_id=video_id, doubt=doubt)
