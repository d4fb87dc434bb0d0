"""A media folder of a test's own, and the demo clips' files, drawn once."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from apps.videos import demo
from tests.videos.uploading import film

Files = dict[str, Path]


@pytest.fixture
def media_folder(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return tmp_path / "media"


@pytest.fixture(scope="session")
def short_clip(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Files]:
    """The files by kind of a demo clip, a good second long; each is drawn once a run."""
    folder = tmp_path_factory.mktemp("clips")
    render = demo.render  # tests put something else in its place

    @cache
    def drawn(name: str) -> Files:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(demo, "LENGTH_S", 1.5)
            return render(folder, next(clip for clip in demo.CLIPS if clip.name == name))

    return drawn


@pytest.fixture
def private_folder(settings: Any, tmp_path: Path) -> Path:
    """Where uploads wait to be made into videos."""
    folder = tmp_path / "private"
    private = settings.STORAGES["private"] | {"OPTIONS": {"location": str(folder)}}
    settings.STORAGES = settings.STORAGES | {"private": private}
    return folder


@pytest.fixture(scope="session")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second and a half from a phone: upright, with sound and its place in the metadata."""
    return film(tmp_path_factory.mktemp("film") / "phone.mp4")
