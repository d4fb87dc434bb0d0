"""manage.py backup and restore: a drill on real servers."""

import json
import os
from io import StringIO
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.management import CommandError, call_command

from apps.operations import backup
from apps.users.models import Follow, User
from apps.videos.models import Video
from tests.books import broken_rules, earn, give_bought
from tests.cast import Person
from tests.objectstore import use_s3
from tests.operations.drills import restore

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def life(owner: Person, friend: Person) -> None:
    """Rows with triggers, ledger entries and stored files."""
    give_bought(owner.user, 500)
    earn(friend.user, 70)
    Follow.objects.create(follower=owner.user, followed=friend.user)
    name = default_storage.save("videos/clip.mp4", ContentFile(b"film"))
    Video.objects.create(user=owner.user, file=name, state="ready")
    storages["private"].save("verification/card.jpg", ContentFile(b"document"))


def test_all_is_there_again_after_a_loss(life: None, spare: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "monday"
    about = backup.make(folder, with_files=True)
    assert about["tables"]["users_user"] == User.objects.count()
    assert about["stored_files"] >= 2
    assert folder.stat().st_mode & 0o077 == 0
    data = str(tmp_path / "new-machine")
    answer = restore(folder, **spare, DATA_DIR=data)
    assert answer.returncode == 0, answer.stderr
    assert "Stored files that are missing: 0" in answer.stdout
    assert (Path(data) / "media/videos/clip.mp4").read_bytes() == b"film"
    assert (Path(data) / "private/verification/card.jpg").read_bytes() == b"document"
    again = restore(folder, **spare, DATA_DIR=data)
    assert "The database is not empty" in again.stderr
    again = restore(folder, "--wipe", **spare, DATA_DIR=str(tmp_path / "no-files-here"))
    assert again.returncode == 0, again.stderr
    assert broken_rules() == []


def test_a_damaged_backup_changes_nothing(
    life: None, spare: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "monday"
    backup.make(folder)
    with (folder / "database.dump").open("ab") as file:
        file.write(b"x")
    answer = restore(folder, **spare)
    assert answer.returncode == 1
    assert "is damaged" in answer.stderr
    answer = restore(tmp_path, **spare)
    assert "is no backup" in answer.stderr


def test_files_that_are_gone_are_named(life: None, tmp_path: Path) -> None:
    folder = tmp_path / "monday"
    backup.make(folder)
    default_storage.delete("videos/clip.mp4")
    assert "default:videos/clip.mp4" in list(backup.missing_files(folder / "media.ndjson.gz"))
    with pytest.raises(backup.BackupError, match="exists already"):
        backup.make(folder)


def test_a_backup_that_breaks_off_has_no_name(
    life: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path) -> tuple[int, int]:
        raise OSError("No space left on device")

    monkeypatch.setattr(backup, "write_manifest", full)
    with pytest.raises(OSError, match="No space"):
        backup.make(tmp_path / "monday")
    assert list(tmp_path.iterdir()) == []


def test_the_dump_and_the_counts_are_of_one_moment(life: None, tmp_path: Path) -> None:
    about = backup.make(tmp_path / "monday")
    assert json.loads((tmp_path / "monday/backup.json").read_text()) == about
    assert set(about["tables"]) == set(backup.table_names())
    assert "capture_event" in about["tables"]


def test_a_tool_that_is_too_old_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "version_of", lambda tool: 9)
    with pytest.raises(backup.BackupError, match="postgresql-client-"):
        backup.find_tool("pg_dump")


@pytest.mark.parametrize("tool", ["pg_restore", "psql"])
def test_without_the_tools_what_was_there_stays(
    life: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: str
) -> None:
    folder = tmp_path / "monday"
    backup.make(folder)
    version_of = backup.version_of
    monkeypatch.setattr(
        backup, "version_of", lambda path: 9 if path.endswith(tool) else version_of(path)
    )
    people = User.objects.count()
    with pytest.raises(backup.BackupError, match=f"{tool} of PostgreSQL"):
        backup.restore(folder, wipe=True)
    assert User.objects.count() == people > 0


def test_a_dump_that_breaks_off_changes_nothing(life: None, tmp_path: Path) -> None:
    """Its digest is right and its beginning is good: a tool, a disk or PostgreSQL gives way."""
    folder = tmp_path / "monday"
    about = backup.make(folder)
    dump = folder / "database.dump"
    dump.write_bytes(dump.read_bytes()[:-200])
    about["database_sha256"] = backup.sha256(dump)
    (folder / "backup.json").write_text(json.dumps(about))
    Follow.objects.all().delete()
    with pytest.raises(backup.BackupError, match="Nothing has changed"):
        backup.restore(folder, wipe=True)
    assert User.objects.count() > 0
    assert Follow.objects.count() == 0


def test_what_postgresql_refuses_changes_nothing(
    life: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "monday"
    backup.make(folder)
    monkeypatch.setattr(
        backup, "EMPTY_FIRST", backup.EMPTY_FIRST + b"CREATE TABLE public.users_user ();"
    )
    with pytest.raises(backup.BackupError, match="already exists"):
        backup.restore(folder, wipe=True)
    assert User.objects.count() > 0


def test_files_that_are_still_there_are_put_back_too(
    life: None, spare: dict[str, str], tmp_path: Path
) -> None:
    """They are the backup's own by another name: it holds hard links."""
    folder, data = tmp_path / "monday", tmp_path / "machine"
    backup.make(folder, with_files=True)
    copytree(folder / "files/default", data / "media", copy_function=os.link)
    (data / "media/videos/clip.mp4").unlink()
    (data / "media/videos/clip.mp4").write_bytes(b"damaged")
    answer = restore(folder, **spare, DATA_DIR=str(data))
    assert answer.returncode == 0, answer.stderr
    assert (data / "media/videos/clip.mp4").read_bytes() == b"film"
    again = restore(folder, "--wipe", **spare, DATA_DIR=str(data))
    assert again.returncode == 0, again.stderr


def test_old_ones_are_removed_when_a_new_one_is_there(life: None, tmp_path: Path) -> None:
    for name in (".clipcast-old.unfinished", ".clipcast-new.unfinished", "clipcast-notes"):
        (tmp_path / name).mkdir()
    os.utime(tmp_path / ".clipcast-old.unfinished", (0, 0))
    for day in (1, 2, 3):
        backup.make(tmp_path / f"clipcast-2020010{day}-000000")
    call_command("backup", tmp_path, keep=2, stdout=StringIO())
    [newest] = (
        p.name for p in tmp_path.glob("clipcast-2*") if not p.name.startswith("clipcast-2020")
    )
    left = {path.name for path in tmp_path.iterdir()}
    kept = {"clipcast-20200103-000000", ".clipcast-new.unfinished", "clipcast-notes"}
    assert left == {newest} | kept
    with pytest.raises(CommandError, match="keep one at least"):
        call_command("backup", tmp_path, keep=0)


def test_files_in_a_bucket_are_not_silently_left_out(
    life: None, tmp_path: Path, settings: Any, s3_server: str
) -> None:
    use_s3(settings, s3_server)
    with pytest.raises(backup.BackupError, match="in a bucket: default, private"):
        backup.make(tmp_path / "monday", with_files=True)
    assert list(tmp_path.iterdir()) == []


def test_a_backup_that_lost_its_files_is_refused(life: None, tmp_path: Path) -> None:
    folder = tmp_path / "monday"
    backup.make(folder, with_files=True)
    (folder / "files").rename(tmp_path / "elsewhere")
    with pytest.raises(backup.BackupError, match="files is missing"):
        backup.restore(folder, wipe=True)
