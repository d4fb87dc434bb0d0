"""What happens to accounts outside a request. config/schedule.py says when."""

from celery import shared_task

from apps.users.services import deletion, delivery


@shared_task
def send_code(code_id: int) -> None:
    """Make the code of that row and send it."""
    delivery.deliver(code_id=code_id)


@shared_task
def purge_accounts() -> None:
    """Remove the personal data of accounts whose grace period is over, and old codes."""
    deletion.purge_due()
    delivery.forget_old_codes()
