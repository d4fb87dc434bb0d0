"""Where a stored file is, and how it is moved about.

Rows hold names. One that begins with `guarded/` is a file of the private storage; any other is in
the public one. So a name alone says how the file is read and by which address, if any.
"""

import shutil
from pathlib import Path
from typing import NamedTuple

from django.core.files import File
from django.core.files.storage import Storage, default_storage, storages

from apps.contract import guarded
from apps.contract.guarded import PREFIX as GUARDED


class Stored(NamedTuple):
    """A name in one of the STORAGES."""

    alias: str
    name: str

    @property
    def storage(self) -> Storage:
        return storages[self.alias]


def located(name: str) -> Stored:
    return Stored("private" if name.startswith(GUARDED) else "default", name)


def fetch(stored: Stored, target: Path) -> Path:
    """Copy a stored file to this machine, piece by piece."""
    with stored.storage.open(stored.name) as content, target.open("wb") as copy:
        shutil.copyfileobj(content, copy)
    return target


def put(path: Path, name: str) -> None:
    """Store a file under exactly this name; what an earlier try left there goes."""
    stored = located(name)
    if stored.storage.exists(name):
        stored.storage.delete(name)
    with path.open("rb") as content:
        stored.storage.save(name, File(content))


def names_in(folder: str) -> list[str]:
    """The names of all files in a folder and the folders in it."""
    storage = located(folder).storage
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return []
    inner = [name for each in folders if each for name in names_in(f"{folder}/{each}")]
    return [f"{folder}/{name}" for name in files if name] + inner


def desk_url(name: str) -> str:
    """Where an operator's page finds a stored file."""
    if name.startswith(GUARDED):
        return f"/{guarded.path_for(guarded.DESK)}{name.removeprefix(GUARDED)}"
    return default_storage.url(name)
