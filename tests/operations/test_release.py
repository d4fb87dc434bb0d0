"""scripts/release, in a clone of what is committed and changed here."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WHO = ("-c", "user.name=Tester", "-c", "user.email=tester@example.com")
QUICK = ("--without-upgrade-data", "--without-image", "--test-command", "true")


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *WHO, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository of its own with the files of this one and a changelog to release."""
    folder = tmp_path / "clone"
    folder.mkdir()
    without = shutil.ignore_patterns("__pycache__", "static", "*.pyc")
    for name in ("apps", "config", "scripts"):
        shutil.copytree(ROOT / name, folder / name, ignore=without)
    for name in ("manage.py", "pyproject.toml", "uv.lock", ".gitignore"):
        shutil.copy(ROOT / name, folder / name)
    changelog = "# Changelog\n\n## Unreleased\n\n### Added\n- A thing.\n\n## 0.0.1\n- Old.\n"
    (folder / "CHANGELOG.md").write_text(changelog)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "All")
    return folder


def release(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    names = [f"GIT_{who}_{what}" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")]
    environment = os.environ | dict.fromkeys(names, "tester") | {"PYTHON": sys.executable}
    command = [str(folder / "scripts" / "release"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_release_sets_the_version_and_tags_it(clone: Path) -> None:
    answer = release(clone, "9.8.7", *QUICK)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert git(clone, "tag").split() == ["v9.8.7"]
    assert git(clone, "status", "--porcelain") == ""
    assert '\nversion = "9.8.7"\n' in (clone / "pyproject.toml").read_text()
    assert 'name = "clipcast"\nversion = "9.8.7"\n' in (clone / "uv.lock").read_text()
    changelog = (clone / "CHANGELOG.md").read_text()
    assert re.search(
        r"## Unreleased\n\n## 9.8.7 - \d{4}-\d\d-\d\d\n\n### Added\n- A thing.", changelog
    )
    assert git(clone, "log", "-1", "--format=%s").strip() == "Release 9.8.7"


def test_a_dry_run_changes_nothing(clone: Path) -> None:
    before = git(clone, "rev-parse", "HEAD")
    answer = release(clone, "9.8.7", "--dry-run")
    assert "Nothing was changed." in answer.stdout
    assert git(clone, "rev-parse", "HEAD") == before
    assert git(clone, "status", "--porcelain") == git(clone, "tag") == ""


def test_what_fails_its_tests_leaves_everything_as_it_was(clone: Path) -> None:
    answer = release(clone, "9.8.7", *QUICK[:-1], "false")
    assert answer.returncode == 1
    assert "No release: false failed" in answer.stderr
    assert git(clone, "status", "--porcelain") == git(clone, "tag") == ""


@pytest.mark.parametrize(
    ("version", "sentence"),
    [("1.0", "is no version"), ("v1.0.0", "is no version"), ("0.0.1", "is older than")],
)
def test_a_bad_version_is_refused(clone: Path, version: str, sentence: str) -> None:
    answer = release(clone, version, *QUICK)
    assert answer.returncode == 1
    assert sentence in answer.stderr


def test_uncommitted_changes_are_refused(clone: Path) -> None:
    (clone / "note.txt").write_text("x")
    assert "not committed" in release(clone, "9.8.7", *QUICK).stderr
    assert (clone / "note.txt").exists()


def test_a_version_is_released_once(clone: Path) -> None:
    git(clone, "tag", "v9.8.7")
    assert "is there already" in release(clone, "9.8.7", *QUICK).stderr


def test_a_release_without_news_is_refused(clone: Path) -> None:
    (clone / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n## 0.0.1\n- Old.\n")
    git(clone, "commit", "--quiet", "--all", "--message", "No news")
    assert "CHANGELOG.md says nothing" in release(clone, "9.8.7", *QUICK).stderr
