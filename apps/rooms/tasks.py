from celery import shared_task

from apps.rooms import services


@shared_task
def tidy() -> None:
    services.tidy()
