"""The Celery application. Its queues stand in config/queues.py."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

from config import broker, queues  # noqa: F401 (importing it notes the moment of every task)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
broker.outlive_outages()
app = Celery("clipcast")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logging(**arguments: Any) -> None:
    """Celery leaves logging alone where somebody answers this signal.

    Its own format would be neither JSON nor without personal data; see config/logs.py.
    """
