"""The Celery application. Queues: default, media (encoding), capture (TikTok LIVE sessions)."""

from celery import Celery

app = Celery("clipcast")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
