"""Asking for exports, making them, and removing their files."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, BinaryIO
from uuid import UUID

import orjson
from django.conf import settings
from django.core.files import File
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from apps.capture import selectors
from apps.capture.models import Session
from apps.capture.selectors import EventFilter
from apps.exports import formats
from apps.exports.models import Export
from apps.users.models import User

logger = logging.getLogger(__name__)
MAX_OPEN = 20
# A worker that gave no sign for so long is gone.
SILENCE = timedelta(minutes=10)
TOUCH_EVERY_ROWS = 10_000


class ExportRefused(Exception):
    """An export can't be asked for; the text is a sentence for people."""


class TooManyExports(ExportRefused):
    pass


class Stopped(Exception):
    """The export was cancelled, or belongs to another worker."""


@transaction.atomic
def request_export(
    *, session: Session, chosen: str, where: EventFilter, user: User | None
) -> Export:
    """Ask for a file; the worker of the queue `exports` makes it. Raises ExportRefused."""
    if sentence := formats.missing_package(chosen):
        raise ExportRefused(sentence)
    if Export.objects.filter(status__in=Export.OPEN).count() >= MAX_OPEN:
        raise TooManyExports(f"{MAX_OPEN} exports are waiting already. Try again in a few minutes.")
    filters = {name: value for name, value in asdict(where).items() if value}
    export = Export.objects.create(
        session=session, format=chosen, filters=to_json(filters), requested_by=user
    )
    transaction.on_commit(lambda: enqueue(export.pk))
    return export


def to_json(values: dict[str, Any]) -> Any:
    return orjson.loads(orjson.dumps(values))


def enqueue(export_id: UUID) -> None:
    """A hint to the workers; the row is what counts, and beat names it again if this is lost."""
    from apps.exports.tasks import make_export

    make_export.delay(str(export_id))


def enqueue_forgotten() -> None:
    """Name exports that no worker took, or whose worker is gone."""
    for export_id in Export.objects.filter(stale(), status__in=Export.OPEN).values_list(
        "id", flat=True
    ):
        enqueue(export_id)


def stale() -> Q:
    return Q(touched_at__lt=Now() - SILENCE)


def make_export(export_id: UUID) -> None:
    """Write the file. Does nothing if another worker does, or it was cancelled."""
    claimed = Export.objects.filter(
        Q(status=Export.Status.WAITING) | Q(stale(), status=Export.Status.RUNNING), pk=export_id
    ).update(status=Export.Status.RUNNING, rows=0, touched_at=Now())
    export = Export.objects.select_related("session__streamer").filter(pk=export_id).first()
    if not claimed or export is None:
        return
    try:
        write(export)
    except Stopped:
        return
    except Exception:
        logger.exception("Export %s failed", export_id)
        with suppress(Stopped):
            finish(export, Export.Status.FAILED, error="The file could not be written.")


def write(export: Export) -> None:
    session = export.session
    if session is None:
        finish(export, Export.Status.FAILED, error="The session is gone.")
        return
    where = filter_of(export)
    total = selectors.count_events(session=session, where=where)
    Export.objects.filter(pk=export.pk).update(total=total)
    pages = noting(export, formats.pages_of(session, where))
    with tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as file:
        for content in formats.FORMATS[export.format].write(session, pages):
            file.write(content)
        keep(export, file)


def filter_of(export: Export) -> EventFilter:
    values = dict(export.filters)
    values["types"] = tuple(values.get("types", ()))
    for name in ("since", "until"):
        if values.get(name):
            values[name] = datetime.fromisoformat(values[name])
    return EventFilter(**values)


def noting(export: Export, pages: formats.Pages) -> Iterator[list[orjson.Fragment]]:
    """The pages; how far they are is noted now and then. Raises Stopped when not ours any more."""
    noted = 0
    for page in pages:
        yield page
        export.rows += len(page)
        if export.rows - noted >= TOUCH_EVERY_ROWS:
            noted = export.rows
            touch(export, rows=export.rows)


def touch(export: Export, **values: Any) -> None:
    running = Export.objects.filter(pk=export.pk, status=Export.Status.RUNNING)
    if not running.update(touched_at=Now(), **values):
        raise Stopped


def keep(export: Export, file: BinaryIO | Any) -> None:
    """Put the file into private storage, and say that it is ready."""
    size = file.tell()
    file.seek(0)
    touch(export)
    name = storages["private"].save(f"exports/{export.pk}.{export.format}", File(file))
    try:
        written = {"rows": export.rows, "total": export.rows, "file": name, "size": size}
        finish(export, Export.Status.DONE, **written)
    except Stopped:
        storages["private"].delete(name)
        raise


def finish(export: Export, status: str, **values: Any) -> None:
    expires = timezone.now() + timedelta(days=settings.EXPORT_KEEP_DAYS)
    touch(export, status=status, finished_at=Now(), expires_at=expires, **values)


def cancel(export: Export) -> None:
    """Stop an export, or remove the file of one that is ready. Nothing happens the second time."""
    Export.objects.filter(pk=export.pk).update(
        status=Export.Status.CANCELLED, finished_at=Now(), file="", size=0
    )
    if export.file:
        storages["private"].delete(export.file)


def remove_old() -> int:
    """Remove files whose time is over or whose session is gone, and their rows."""
    old = Export.objects.filter(
        Q(expires_at__lt=Now()) | Q(session=None) | Q(status=Export.Status.CANCELLED)
    ).exclude(status=Export.Status.RUNNING)
    for export in old:
        if export.file:
            storages["private"].delete(export.file)
        export.delete()
    return len(old)
