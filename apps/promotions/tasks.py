"""What promotions do by themselves. config/schedule.py says when."""

from celery import shared_task

from apps.promotions import lifecycle


@shared_task
def tend_promotions() -> None:
    """End what is over, and give the unspent coins back."""
    lifecycle.count_followers()
    lifecycle.end_due()


@shared_task
def forget_events() -> None:
    """Forget who was shown promotions that ended long ago."""
    lifecycle.forget_events()
