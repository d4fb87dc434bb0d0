"""What apps.videos asks of moderation (apps.videos.review.Reviewer)."""

from pathlib import Path

from apps.moderation.services import operators, review
from apps.videos.models import Video
from apps.videos.review import Doubt


class ModerationReviews:
    def judge(self, *, video: Video, clip: Path | None) -> Doubt | None:
        return review.judge(video=video, clip=clip)

    def hold(self, *, video_id: int, doubt: Doubt) -> None:
        review.hold(video_id=video_id, doubt=doubt)

    def decide(self, *, operator_id: int, video_id: int, hidden: bool, reason: str = "") -> None:
        operators.set_video_hidden(
            operator_id=operator_id, video_id=video_id, hidden=hidden, reason=reason
        )
