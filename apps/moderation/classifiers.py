"""The place for an automatic classifier of videos: VIDEO_CLASSIFIER names its class.

    class NudityModel:
        def classify(self, *, clip: Path, description: str) -> Verdict:
            ...

An instance is made once a worker process. It is asked by the media worker about each new clip, an
MP4 on that machine; what it raises, and more than VIDEO_CLASSIFIER_TIMEOUT_S, counts as failure.
"""

import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an operator should look at the clip, and for what (labels, scores)."""

    hold: bool
    detail: str = ""


class Classifier(Protocol):
    def classify(self, *, clip: Path, description: str) -> Verdict: ...


class ClassifierFailed(Exception):
    pass


@cache
def classifier(path: str) -> Classifier:
    return import_string(path)()


def ask(*, clip: Path, description: str) -> Verdict | None:
    """The classifier's verdict, None without a classifier. Raises ClassifierFailed."""
    if not settings.VIDEO_CLASSIFIER:
        return None
    answers: SimpleQueue[Verdict | Exception] = SimpleQueue()

    def run() -> None:
        try:
            asked = classifier(settings.VIDEO_CLASSIFIER)
            answers.put(asked.classify(clip=clip, description=description))
        except Exception as error:
            answers.put(error)

    # One that hangs must not hold the worker; its thread ends with the process.
    threading.Thread(target=run, daemon=True).start()
    try:
        answer = answers.get(timeout=settings.VIDEO_CLASSIFIER_TIMEOUT_S)
    except Empty as error:
        raise ClassifierFailed("no answer in time") from error
    if isinstance(answer, Exception):
        raise ClassifierFailed(f"{type(answer).__name__}: {answer}") from answer
    return answer
