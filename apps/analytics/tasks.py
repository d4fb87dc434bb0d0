"""Celery's entry points."""

from celery import shared_task

from apps.analytics import counting


@shared_task
def count_events() -> None:
    """Count words, emoji and viewers out of what was stored since the last run."""
    counting.count_all()
