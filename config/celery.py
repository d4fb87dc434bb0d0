"""The Celery application. Its queues stand in config/queues.py."""

import os

from celery import Celery

from config import broker, queues  # noqa: F401 (importing it notes the moment of every task)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
broker.outlive_outages()
app = Celery("clipcast")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
