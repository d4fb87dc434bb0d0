from celery import shared_task

from apps.live import services


@shared_task
def reconcile() -> None:
    services.reconcile_rooms()
