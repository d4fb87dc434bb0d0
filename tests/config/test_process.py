"""`python -m config.process`: what it becomes, and what it tells that."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import process
from config.process import NoSuchProcess, line_of
from tests.operations.drills import ROOT


class Became(Exception):
    """In place of exec."""


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is set there is gone after the test."""
    kept = {name: os.environ[name] for name in ("PATH", "SECRET_KEY")}
    monkeypatch.setattr(os, "environ", kept)
    monkeypatch.setattr("environ.Env.ENVIRON", kept)
    monkeypatch.chdir(ROOT)


def become(name: str, monkeypatch: pytest.MonkeyPatch, dotenv: Path) -> tuple[str, dict[str, str]]:
    """The command and its environment."""

    def execv(path: str, words: list[str]) -> None:
        raise Became(words[-1])

    monkeypatch.setattr(os, "execv", execv)
    monkeypatch.setattr("config.environment.BASE_DIR", dotenv.parent)
    monkeypatch.setattr(sys, "argv", ["process", name])
    with pytest.raises(Became) as became:
        process.main()
    return str(became.value), dict(os.environ)


def test_it_becomes_the_line_of_the_procfile_with_what_stands_in_dotenv(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text(
        "DATA_DIR=/var/lib/clipcast\nDRAIN_S=10\nHOOKS_PORT=9083\n"
        "MEDIA_ROOT=/srv/media\nMTX_SRT=yes\nPRIVATE_ROOT=\n"
    )
    command, told = become("proxy", monkeypatch, dotenv)
    assert command == "exec caddy run --config config/Caddyfile"
    assert told["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)
    assert told["DRAIN_S"] == "10"
    assert told["MEDIA_ROOT"] == "/srv/media"
    assert told["PRIVATE_ROOT"] == "/var/lib/clipcast/private"
    assert told["XDG_DATA_HOME"] == "/var/lib/clipcast/caddy"
    assert told["MTX_AUTHHTTPADDRESS"] == "http://127.0.0.1:9083/mediamtx/auth"
    assert told["MTX_SRT"] == "yes"
    assert told["MTX_PATHDEFAULTS_RECORD"] == "true"
    assert told["MTX_PATHDEFAULTS_RECORDPATH"].startswith("/var/lib/clipcast/recordings/%path/")
    assert told["RECORDINGS_ROOT"] == "/var/lib/clipcast/recordings"


def test_another_web_process_has_a_port_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command, told = become("web-8091", monkeypatch, tmp_path / ".env")
    assert command == line_of("web")
    assert told["WEB_PORT"] == "8091"
    assert told["STREAM_PORT"] == "8082"


def test_another_worker_has_a_name_of_its_own() -> None:
    assert "-n capture-2@%h" in line_of("capture-2")
    assert "-Q capture " in line_of("capture-2")
    assert "-n capture@%h" in line_of("capture")


@pytest.mark.parametrize("name", ["", "webb", "web2", "beat-2", "mediamtx-2", "web-two", "hooks-9"])
def test_what_is_no_process_is_refused(name: str) -> None:
    with pytest.raises(NoSuchProcess):
        line_of(name)


def test_a_mistake_is_a_sentence() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "config.process", "webb"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    assert answer.stderr.startswith("clipcast: webb is no process. There are: web, stream,")


def test_a_server_reads_dotenv_for_how_long_it_drains(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DRAIN_S=7\n")
    script = (
        "import sys, pathlib, granian.cli, config.environment, config.serve;"
        "config.environment.BASE_DIR = pathlib.Path(sys.argv[1]);"
        "granian.cli.entrypoint = lambda: print(config.environment.env.float('DRAIN_S'));"
        "config.serve.main()"
    )
    environment = {"PATH": os.environ["PATH"]}
    answer = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stdout == "7.0\n", answer.stderr
