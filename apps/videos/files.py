"""Where a stored file is.

Rows hold names. One that begins with `guarded/` is a file of the private storage; any other is in
the public one. So a name alone says how the file is read and by which address, if any.
"""

from typing import NamedTuple

from django.core.files.storage import Storage, storages

GUARDED = "guarded/"


class Stored(NamedTuple):
    """A name in one of the STORAGES."""

    alias: str
    name: str

    @property
    def storage(self) -> Storage:
        return storages[self.alias]


def located(name: str) -> Stored:
    return Stored("private" if name.startswith(GUARDED) else "default", name)
