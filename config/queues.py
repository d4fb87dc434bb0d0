"""The queues of the workers (Procfile), and when a task was put into one."""

import time
from typing import Any

from celery.signals import before_task_publish

QUEUES = ("default", "media", "exports", "capture")
PUBLISHED_AT = "published_at"  # a header of every task's message: seconds since 1970


@before_task_publish.connect
def note_moment(headers: dict[str, Any] | None = None, **kwargs: Any) -> None:
    if headers is not None:
        headers[PUBLISHED_AT] = time.time()
