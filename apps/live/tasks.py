from celery import shared_task

from apps.live import cohosts, services


@shared_task
def reconcile() -> None:
    services.reconcile_rooms()


@shared_task
def tell_followers(room_id: int) -> None:
    cohosts.tell_followers(room_id=room_id)
