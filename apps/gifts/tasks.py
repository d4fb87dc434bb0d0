"""What gifts do by themselves. config/schedule.py says when."""

from celery import shared_task
from django.utils import timezone

from apps.gifts import bulletins, flags


@shared_task
def flag_gifts() -> None:
    """Show operators who got gifts from many new accounts."""
    flags.flag_new_senders()


@shared_task
def tell_receivers() -> None:
    """Let people know of the gifts that came for them."""
    bulletins.tell_receivers(now=timezone.now())
