from celery import shared_task

from apps.notifications import delivery
from apps.notifications.push import push_sender


@shared_task
def send_pushes() -> None:
    sender = push_sender()
    if sender is not None:
        delivery.send_due(sender)


@shared_task
def forget_old_pushes() -> None:
    delivery.forget_old()
