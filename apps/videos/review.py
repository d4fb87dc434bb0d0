"""Whether a video may be shown at once, as another app judges. apps.moderation takes the place.

Without it everything passes, and operators hold videos back by hand.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from apps.videos.models import Video


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a video is not shown before somebody has looked at it."""

    reason: str
    detail: str = ""


class Reviewer(Protocol):
    def judge(self, *, video: Video, clip: Path | None) -> Doubt | None:
        """A doubt about a video and, where it was just made, its MP4. Takes its time: workers
        ask, and editVideo without a clip."""

    def hold(self, *, video_id: int, doubt: Doubt) -> None:
        """Hide it from all but its owner until an operator decides. Its row is locked."""

    def decide(self, *, operator_id: int, video_id: int, hidden: bool, reason: str = "") -> None:
        """An operator hides it or shows it."""


class NobodyReviews:
    def judge(self, *, video: Video, clip: Path | None) -> Doubt | None:
        return None

    def hold(self, *, video_id: int, doubt: Doubt) -> None:
        Video.objects.filter(pk=video_id).update(block=True)

    def decide(self, *, operator_id: int, video_id: int, hidden: bool, reason: str = "") -> None:
        Video.objects.filter(pk=video_id).update(block=hidden)


reviewer: Reviewer = NobodyReviews()
