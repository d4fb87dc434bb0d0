"""The commands of docs/operators/by-hand.md and the systemd unit are those of the Procfile."""

import re
import subprocess

from django.conf import settings
from honcho.environ import parse_procfile

from config.ports import INNER_PORTS

ROOT = settings.BASE_DIR
PAGE = (ROOT / "docs/operators/by-hand.md").read_text()
UNIT = (ROOT / "deploy/systemd/clipcast@.service").read_text()


def commands() -> dict[str, str]:
    """By name, with the usual ports; without the demo streamer, which is not for production."""
    found = dict(parse_procfile((ROOT / "Procfile").read_text()).processes)
    del found["webcast"]
    for name, command in found.items():
        for variable, port in INNER_PORTS.items():
            command = command.replace(f"${variable}", str(port))
        found[name] = command.removeprefix("exec ")
    return found


def test_the_page_has_every_command_and_no_other() -> None:
    block = PAGE.split("The processes, as the Procfile has them")[1].split("```")[1]
    assert block.removeprefix("sh\n").splitlines() == list(commands().values())


def test_the_page_starts_every_unit() -> None:
    started = re.search(r"enable --now clipcast@\{([\w,]+)\}", PAGE)
    assert started
    assert set(started[1].split(",")) == set(commands())


def test_the_unit_runs_the_line_of_its_name() -> None:
    found = re.search(r"ExecStart=/bin/sh -c '(eval .*)'", UNIT)
    assert found
    assert "WEB_PORT=8081 STREAM_PORT=8082 HOOKS_PORT=8083" in UNIT
    for line in (ROOT / "Procfile").read_text().splitlines():
        name, command = line.split(": ", 1)
        # As systemd passes it to the shell, which says here what it would run.
        script = found[1].replace("$$", "$").replace("%i", name).replace("eval", "printf %s", 1)
        said = subprocess.run(
            ["/bin/sh", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert said.stdout == command
