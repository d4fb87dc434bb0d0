"""The database of each release that there was comes to the present, and its books hold.

scripts/release keeps a backup of its demo content in tests/upgrades/.
"""

from pathlib import Path

import psycopg
import pytest

from apps.operations import backup
from tests.operations.drills import ROOT, restore

RELEASES = sorted(path for path in (ROOT / "tests" / "upgrades").iterdir() if path.is_dir())


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_a_release_is_upgraded_with_all_its_rows(
    release: Path, spare: dict[str, str], tmp_path: Path
) -> None:
    folders = {"MEDIA_ROOT": str(tmp_path / "media"), "PRIVATE_ROOT": str(tmp_path / "private")}
    answer = restore(release, **spare, **folders)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "Restored." in answer.stdout
    before = backup.read_about(release)["tables"]
    assert before["users_user"] > 5
    with psycopg.connect(spare["DATABASE_URL"]) as upgraded:
        for table in ("users_user", "videos_video", "wallet_entry", "capture_event"):
            count = upgraded.execute(f'SELECT count(*) FROM "{table}"').fetchone()
            assert count == (before[table],)
