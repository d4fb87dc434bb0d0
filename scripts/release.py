"""Makes a release: checks, sets the version, tests, builds the image, commits and tags.

Nothing leaves this machine: pushing the commit and its tag is a person's decision. If a step fails,
the files are as they were before. Read docs/developers/releasing.md.
"""

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path.cwd()
VERSION = re.compile(r"\d+\.\d+\.\d+")
UNRELEASED = "## Unreleased"


class Refused(Exception):
    """Why there is no release, for a person."""


def main() -> None:
    arguments = parse_arguments()
    try:
        check(arguments.version)
        if arguments.dry_run:
            print(f"Nothing is in the way of {arguments.version}. Nothing was changed.")
            return
        make(arguments)
    except Refused as problem:
        sys.exit(f"No release: {problem}")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version", help="such as 1.2.0")
    parser.add_argument("--dry-run", action="store_true", help="check, and change nothing")
    parser.add_argument("--test-command", default="./scripts/test", help="what must pass")
    parser.add_argument(
        "--without-upgrade-data", action="store_true", help="keep no database for upgrade tests"
    )
    parser.add_argument("--without-image", action="store_true", help="build no image")
    return parser.parse_args()


def check(version: str) -> None:
    """Raises Refused for what is in the way."""
    if not VERSION.fullmatch(version):
        raise Refused(f"{version} is no version; it must look like 1.2.0.")
    if parts(version) < parts(current_version()):
        raise Refused(f"{version} is older than {current_version()}.")
    if git("status", "--porcelain"):
        raise Refused("there are changes that are not committed.")
    if git("tag", "--list", f"v{version}"):
        raise Refused(f"the tag v{version} is there already.")
    if not unreleased_notes():
        raise Refused(f"CHANGELOG.md says nothing under {UNRELEASED!r}.")


def make(arguments: argparse.Namespace) -> None:
    version = arguments.version
    try:
        set_version(version)
        close_changelog(version)
        manage("lint_migrations", "--released")
        if not arguments.without_upgrade_data:
            keep_upgrade_data(version)
        run(*shlex.split(arguments.test_command))
        built = not arguments.without_image and build_image(version)
        git("add", "--all")
        git("commit", "--quiet", "--message", f"Release {version}")
    except BaseException:
        git("reset", "--quiet", "--hard")
        git("clean", "--quiet", "--force", "-d", "tests/upgrades")
        raise
    git("tag", "--annotate", f"v{version}", "--message", f"Clipcast {version}")
    print(f"Released {version}: commit and tag v{version} are here, and not pushed.")
    print(f"Image clipcast:{version} is built." if built else "No image was built.")


def set_version(version: str) -> None:
    """In the project's file, which everything else reads, and in its lock."""
    edit("pyproject.toml", r'(?m)^version = ".*"$', f'version = "{version}"')
    edit("uv.lock", r'(name = "clipcast"\nversion = )".*"', rf'\g<1>"{version}"')


def close_changelog(version: str) -> None:
    today = datetime.now(UTC).date().isoformat()
    edit("CHANGELOG.md", f"(?m)^{UNRELEASED}$", f"{UNRELEASED}\n\n## {version} - {today}")


def unreleased_notes() -> str:
    text = (ROOT / "CHANGELOG.md").read_text()
    _, found, rest = text.partition(f"\n{UNRELEASED}\n")
    return rest.split("\n## ")[0].strip() if found else ""


def keep_upgrade_data(version: str) -> None:
    """A backup of a database with this release's demo content, for the tests of later ones."""
    names = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")
    clean = {name: value for name, value in os.environ.items() if name not in names}
    with tempfile.TemporaryDirectory(prefix="clipcast-release-") as folder:
        environment = clean | {"DEBUG": "true", "DATA_DIR": f"{folder}/data"}
        manage("prepare", "--base", "http://localhost", environment=environment)
        manage("backup", f"{folder}/backups", environment=environment)
        [made] = Path(folder, "backups").iterdir()
        shutil.copytree(made, ROOT / "tests" / "upgrades" / version)


def build_image(version: str) -> bool:
    """False where no Docker engine answers."""
    if not shutil.which("docker"):
        return False
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        return False
    run("docker", "build", "--tag", f"clipcast:{version}", ".")
    return True


def current_version() -> str:
    found = re.search(r'(?m)^version = "(.*)"$', (ROOT / "pyproject.toml").read_text())
    return found[1] if found else "0.0.0"


def parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def edit(name: str, pattern: str, replacement: str) -> None:
    text, count = re.subn(pattern, replacement, (ROOT / name).read_text(), count=1)
    if not count:
        raise Refused(f"{name} does not hold what is to be changed.")
    (ROOT / name).write_text(text)


def manage(*arguments: str, environment: dict[str, str] | None = None) -> None:
    # It starts servers of its own unless it is told of some, which most of it never asks.
    nowhere = {
        "DEBUG": "true",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    run(sys.executable, "manage.py", *arguments, environment=environment or os.environ | nowhere)


def run(*command: str, environment: dict[str, str] | None = None) -> None:
    print(f"$ {shlex.join(command)}", flush=True)
    if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:
        raise Refused(f"{command[0]} failed; the lines above say why.")


def git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Refused(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


if __name__ == "__main__":
    main()
