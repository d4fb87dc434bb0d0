"""Celery's entry points, on a queue of their own: a long file delays nothing else."""

from uuid import UUID

from celery import shared_task

from apps.exports import services


@shared_task
def make_export(export_id: str) -> None:
    services.make_export(UUID(export_id))


@shared_task
def enqueue_forgotten() -> None:
    services.enqueue_forgotten()


@shared_task
def remove_old_exports() -> None:
    services.remove_old()
