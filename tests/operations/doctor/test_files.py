"""Storage, disks, encoder and backups, as manage.py doctor sees them."""

import shutil
import time
from collections import namedtuple
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages
from django.core.management import call_command

from apps.operations import signs
from apps.operations.doctor import files
from apps.operations.doctor.findings import Level
from tests.objectstore import use_s3
from tests.operations.doctor.looking import found, levels, the_report

Usage = namedtuple("Usage", "total used free")


def test_both_folders_are_written_read_and_emptied(settings) -> None:
    assert levels(files.storage) == ["ok", "ok"]
    assert not [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_both_buckets_are_written_read_and_emptied(settings, s3_server: str) -> None:
    use_s3(settings, s3_server)
    assert [said for _, said in found(files.storage)] == [
        "uploads: written, read and deleted in bucket media-bucket",
        "private files: written, read and deleted in bucket private-bucket",
    ]
    assert not [*storages["default"].bucket.objects.all()]


def test_a_storage_that_can_not_be_written_is_wrong(settings, tmp_path: Path) -> None:
    (tmp_path / "media").write_text("a file where a folder must be")
    report = the_report("storage")
    assert report.level is Level.WRONG
    assert "media" in report.findings[0].said


def test_a_storage_that_deletes_nothing_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FileSystemStorage, "delete", lambda self, name: None)
    assert levels(files.storage) == ["wrong", "wrong"]


def test_a_storage_that_mixes_things_up_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FileSystemStorage, "_open", lambda *args: ContentFile(b"another's"))
    assert levels(files.storage) == ["wrong", "wrong"]


@pytest.mark.parametrize(
    ("free", "level"),
    [(200 * files.GIGABYTE, "ok"), (3 * files.GIGABYTE, "warning"), (1024, "wrong")],
)
def test_disks_have_room(monkeypatch: pytest.MonkeyPatch, free: int, level: str) -> None:
    usage = Usage(300 * files.GIGABYTE, 0, free)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    assert set(levels(files.disk)) == {level}


def test_the_encoder_makes_a_film() -> None:
    assert found(files.encoder) == [("ok", "a clip of 64x64 was made and read")]


def test_an_ffmpeg_that_fails_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/bin/false")
    assert levels(files.encoder) == ["wrong"]


def test_the_last_backup(tmp_path: Path) -> None:
    assert levels(files.backups) == ["warning"]
    signs.note(signs.BACKUP)
    assert levels(files.backups) == ["ok"]
    signs.valkey.client().set(signs.key_of(signs.BACKUP), time.time() - 3 * 86400)
    assert found(files.backups) == [("warning", "The last one is 3.0 days old.")]


def test_a_backup_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    about = {"tables": {"users_user": 1}, "stored_files": 0}
    monkeypatch.setattr("apps.operations.backup.make", lambda folder, with_files: about)
    call_command("backup", str(tmp_path), stdout=StringIO())
    assert signs.age_s(signs.BACKUP) is not None
