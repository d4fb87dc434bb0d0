from pathlib import Path

import pytest

from config.queues import QUEUES
from tests.operations.doctor.looking import workers_that_read


@pytest.fixture(autouse=True)
def folders(settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.RECORDINGS_ROOT = str(tmp_path / "recordings")
    workers_that_read(monkeypatch, *QUEUES)
