"""What docs/operators/by-hand.md starts is what the Procfile has, and the units run it."""

import re

from django.conf import settings
from honcho.environ import parse_procfile

ROOT = settings.BASE_DIR
PAGE = (ROOT / "docs/operators/by-hand.md").read_text()
UNIT = (ROOT / "deploy/systemd/clipcast@.service").read_text()
# Without the demo streamer, which is not for production.
NAMES = [
    name for name in parse_procfile((ROOT / "Procfile").read_text()).processes if name != "webcast"
]


def test_the_page_starts_every_process_and_no_other() -> None:
    assert re.findall(r"^\.venv/bin/python -m config\.process (\S+)$", PAGE, re.M) == NAMES


def test_the_page_starts_every_unit() -> None:
    started = re.search(r"enable --now clipcast@\{([\w,]+)\} (\S+)", PAGE)
    assert started
    assert started[1].split(",") == NAMES
    assert (ROOT / "deploy/systemd" / started[2]).exists()


def test_a_new_version_restarts_all_of_ours() -> None:
    section = PAGE.split("## A new version")[1]
    named = re.findall(r"clipcast@(?:\{([\w,]+)\}|(\w+))", section)
    restarted = {name for many, one in named for name in (many or one).split(",")}
    assert restarted == set(NAMES) - {"mediamtx", "proxy"}


def test_the_units_run_where_the_page_puts_it() -> None:
    home = re.search(r"git clone <this repository> (\S+)", PAGE)
    data = re.search(r"^DATA_DIR=(\S+)$", PAGE, re.M)
    backups = re.search(r"install --directory .* (\S+)$", PAGE, re.M)
    assert home
    assert data
    assert backups
    assert f"--home-dir {data[1]} clipcast" in PAGE
    assert f"ExecStart={home[1]}/.venv/bin/python -m config.process %i" in UNIT
    backup = (ROOT / "deploy/systemd/clipcast-backup.service").read_text()
    assert f"ExecStart={home[1]}/scripts/backup {backups[1]} " in backup
    for unit in (UNIT, backup):
        assert f"WorkingDirectory={home[1]}" in unit
        assert "User=clipcast" in unit
        written = re.search(r"^ReadWritePaths=(.*)$", unit, re.M)
        assert written
        assert data[1] in written[1].split()
    assert f"ReadWritePaths={data[1]} {backups[1]}" in backup


def test_a_film_that_is_being_made_is_waited_for() -> None:
    minutes = re.search(r"TimeoutStopSec=(\d+)min", UNIT)
    assert minutes
    assert int(minutes[1]) * 60 > settings.MEDIA_TIMEOUT_S
