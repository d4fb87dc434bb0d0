"""A bare manage.py starts the servers it needs, and the last one out stops them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import embedded

ROOT = Path(__file__).resolve().parents[2]
ASK = "from django.db import connection as c; c.ensure_connection(); print(c.pg_version)"


def manage(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(folder)}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )


def servers_run(folder: Path) -> tuple[bool, bool]:
    valkey = embedded.valkey_answers(f"unix://{embedded.valkey_socket(folder / 'valkey')}")
    return (folder / "postgres" / "postmaster.pid").exists(), valkey


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path.resolve() / "data"


def test_a_bare_command_leaves_no_server_behind(folder: Path) -> None:
    answer = manage(folder, "shell", "-v0", "-c", ASK)
    assert answer.stdout.strip().isdecimal(), answer.stderr
    assert servers_run(folder) == (False, False)
    assert (folder / "secret_key").stat().st_mode & 0o077 == 0


def test_a_command_leaves_the_servers_to_whoever_still_uses_them(folder: Path) -> None:
    embedded.create_folder(folder)
    lock = embedded.hold_servers(folder)
    try:
        assert manage(folder, "shell", "-v0", "-c", ASK).returncode == 0
        assert servers_run(folder) == (True, True)
    finally:
        embedded.release_servers(folder, lock)
    assert servers_run(folder) == (False, False)


def test_a_folder_that_can_not_be_written_is_a_sentence(folder: Path) -> None:
    folder.write_text("a file where the folder should be")
    answer = manage(folder, "check")
    assert answer.returncode == 1
    assert answer.stderr.startswith(f"Clipcast can't write to {folder}")
