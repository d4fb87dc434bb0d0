"""The tags of a video."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q, QuerySet

from apps.videos.models import Hashtag, Video, VideoHashtag

MOST_TAGS = 30
MOST_LETTERS = 100


@transaction.atomic
def set_hashtags(*, video: Video, names: Iterable[str]) -> None:
    """Give the video exactly these tags; unknown ones are made.

    Locks the old and the new tags in the order of their ids, since their counts change.
    """
    tidy = (name.strip().lstrip("#").lower()[:MOST_LETTERS] for name in names)
    wanted = set(sorted({name for name in tidy if name and "\x00" not in name})[:MOST_TAGS])
    Hashtag.objects.bulk_create(
        [Hashtag(name=name) for name in sorted(wanted)], ignore_conflicts=True
    )
    concerned = Hashtag.objects.filter(Q(name__in=wanted) | Q(pk__in=old_tags(video)))
    locked = concerned.select_for_update(no_key=True).order_by("pk")
    tags = [tag for tag in locked if tag.name in wanted]
    VideoHashtag.objects.filter(video=video).exclude(hashtag__in=tags).delete()
    VideoHashtag.objects.bulk_create(
        [VideoHashtag(video=video, hashtag=tag) for tag in tags], ignore_conflicts=True
    )


def old_tags(video: Video) -> QuerySet:
    return VideoHashtag.objects.filter(video=video).values("hashtag")
