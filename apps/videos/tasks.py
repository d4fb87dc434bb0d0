"""What workers do about videos. config/schedule.py says when, and that encoding has a queue and
a worker of its own."""

from celery import shared_task

from apps.videos import processing
from apps.videos.services import (
    direct,
    downloads,
    feed_counts,
    moving,
    popularity,
    publishing,
    removal,
    stories,
    uploads,
)

LOOK_EVERY_S = 30


@shared_task
def process_video(video_id: int) -> None:
    processing.process(video_id)


@shared_task
def process_waiting() -> None:
    """Queue what nobody works on: its message or its worker was lost, or it is tried again."""
    for video_id in uploads.waiting():
        # A message that finds the worker busy is dropped; the next look sends another.
        process_video.apply_async((video_id,), expires=LOOK_EVERY_S)
    for video_id in downloads.waiting():
        render_download.apply_async((video_id,), expires=LOOK_EVERY_S)
    publishing.ring_bells()
    moving.move_files()


@shared_task
def ring_bells() -> None:
    publishing.ring_bells()


@shared_task
def remove_old_sources() -> None:
    processing.remove_old_sources()
    direct.remove_strays()


@shared_task
def remove_deleted() -> None:
    removal.remove_deleted()


@shared_task
def add_up_views() -> None:
    """How often each hashtag's videos were seen."""
    popularity.add_up_views()


@shared_task
def refresh_feed() -> None:
    """What the feed's score needs and nobody counts at once. Not on the media queue."""
    feed_counts.count_reports()
    feed_counts.end_waiting()


@shared_task
def move_files() -> None:
    moving.move_files()


@shared_task
def render_download(video_id: int) -> None:
    downloads.render(video_id)


@shared_task
def remove_old_downloads() -> None:
    downloads.remove_old()


@shared_task
def remove_expired_stories() -> None:
    stories.remove_expired()
