"""The tags of a video."""

from collections.abc import Iterable

from django.db import transaction

from apps.videos.models import Hashtag, Video, VideoHashtag

MOST_TAGS = 30
MOST_LETTERS = 100


@transaction.atomic
def set_hashtags(*, video: Video, names: Iterable[str]) -> None:
    """Give the video exactly these tags; unknown ones are made."""
    tidy = (name.strip().lstrip("#").lower()[:MOST_LETTERS] for name in names)
    wanted = set(sorted({name for name in tidy if name and "\x00" not in name})[:MOST_TAGS])
    Hashtag.objects.bulk_create(
        [Hashtag(name=name) for name in sorted(wanted)], ignore_conflicts=True
    )
    tags = Hashtag.objects.filter(name__in=wanted)
    VideoHashtag.objects.filter(video=video).exclude(hashtag__in=tags).delete()
    VideoHashtag.objects.bulk_create(
        [VideoHashtag(video=video, hashtag=tag) for tag in tags], ignore_conflicts=True
    )
