"""What gifts do by themselves. config/settings.py says when."""

from celery import shared_task

from apps.gifts import flags


@shared_task
def flag_gifts() -> None:
    """Show operators who got gifts from many new accounts."""
    flags.flag_new_senders()
