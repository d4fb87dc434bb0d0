"""What the tests of the feed have in common."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.moderation.models import Report
from apps.videos.feed import ranking, why
from apps.videos.models import (
    FeedWeights,
    Video,
)
from apps.videos.viewers import Viewer
from tests.cast import Person, Phone

LATEST = 2**32 - 1  # the seed that explores from the newest video on


def ids(phone: Phone, by: Person | None = None, **values: Any) -> list[int]:
    answer = phone.call("showRelatedVideos", {"starting_point": 0, **values}, by=by)
    return [item["Video"]["id"] for item in answer["msg"]] if answer["code"] == 200 else []


def age(video: Video, days: float) -> Video:
    Video.objects.filter(pk=video.pk).update(created_at=timezone.now() - timedelta(days=days))
    return video


def report(video: Video, by: Person, **fields: Any) -> Report:
    today = timezone.now().date()
    return Report.objects.create(
        reporter=by.user, kind="video", target_id=video.pk, day=today, **fields
    )


def look(viewer: Viewer, video: Video | None = None) -> dict[int, why.Candidate]:
    found = why.explain(viewer=viewer, seed=LATEST, video_id=video.pk if video else 0)
    return {one.video_id: one for one in found}


def weigh(**weights: float) -> None:
    """Only these weights count."""
    nothing = dict.fromkeys((*ranking.PARTS, "fresh_slots", "exploration_slots"), 0)
    FeedWeights.objects.update_or_create(pk=1, defaults=nothing | weights)
