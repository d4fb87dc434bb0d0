"""The one promoted video that a page of the home feed may carry.

The promotions app says which. At its start (AppConfig.ready) it registers an object:

    promoted.register(source)

For each page of a signed-in viewer the feed asks `source.pick`, checks the video like every other
(unseen, not blocked, not hidden ...) and puts it at the fourth to tenth place, with the keys by
which the apps know an advertisement: Video.promote 1, promotion_id, Promotion. Only if it went out
is `source.shown` called. Guests get none.
"""

from dataclasses import dataclass
from typing import Protocol

from apps.videos.viewers import Viewer


@dataclass(frozen=True, slots=True)
class Promoted:
    """A video that somebody pays for; `promotion` is the clients' Promotion object as JSON."""

    promotion_id: int
    video_id: int
    promotion: str


class Source(Protocol):
    """Called with every page: `pick` may ask the database once, and `shown` write once."""

    def pick(self, viewer: Viewer) -> Promoted | None: ...

    def shown(self, viewer: Viewer, promoted: Promoted) -> None: ...


class NoSource:
    def pick(self, viewer: Viewer) -> Promoted | None:
        return None

    def shown(self, viewer: Viewer, promoted: Promoted) -> None:
        """Never called: nothing is picked."""


_source: Source = NoSource()


def register(source: Source) -> Source:
    """Ask this source from now on; the one that was asked before."""
    global _source
    before, _source = _source, source
    return before


def pick(viewer: Viewer) -> Promoted | None:
    return _source.pick(viewer) if viewer.user_id else None


def shown(viewer: Viewer, promoted: Promoted) -> None:
    _source.shown(viewer, promoted)
