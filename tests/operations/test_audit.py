"""scripts/audit: what it makes of uv's answer. No advisory service is asked here."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def audit(folder: Path, uv: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it with a uv that does the lines of `uv`."""
    stub = folder / "uv"
    stub.write_text(f'#!/bin/sh\necho "$@" > {folder}/asked\n{uv}\n')
    stub.chmod(0o755)
    return subprocess.run(
        [str(ROOT / "scripts" / "audit"), "--ignore", "PYSEC-1"],
        env=os.environ | {"UV": str(stub)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_nothing_known_is_0(tmp_path: Path) -> None:
    answer = audit(tmp_path, "echo Found no known vulnerabilities")
    assert answer.returncode == 0
    assert "AUDIT: none of the locked" in answer.stdout
    asked = (tmp_path / "asked").read_text().split()
    assert asked[:2] == ["audit", "--frozen"]
    assert asked[-2:] == ["--ignore", "PYSEC-1"]


def test_something_known_is_1(tmp_path: Path) -> None:
    answer = audit(tmp_path, "echo django has 1 known vulnerability; exit 1")
    assert answer.returncode == 1
    assert "django has 1 known vulnerability" in answer.stdout
    assert "AUDIT: FOUND." in answer.stderr


@pytest.mark.parametrize("uv", ["echo error: tcp connect error >&2; exit 2", "exit 127"])
def test_a_service_or_a_uv_that_is_away_is_3_and_no_tick(tmp_path: Path, uv: str) -> None:
    answer = audit(tmp_path, uv)
    assert answer.returncode == 3
    assert "AUDIT: NOT DONE." in answer.stderr
    assert "AUDIT" not in answer.stdout


def test_a_service_that_hangs_is_3(tmp_path: Path) -> None:
    answer = audit(tmp_path, "exec sleep 600", AUDIT_TIMEOUT_S="0.5")
    assert answer.returncode == 3
    assert "No answer within 0.5 seconds" in answer.stderr
