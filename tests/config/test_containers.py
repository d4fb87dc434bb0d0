"""docker-compose.yml and the Dockerfile, as far as they can be read without an engine."""

import re
import shlex
import subprocess
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from honcho.environ import parse_procfile

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
ON_ONE_MACHINE_ONLY = {"proxy": "caddy", "webcast": None}  # None: the demo streamer


def procfile() -> dict[str, str]:
    return dict(parse_procfile((ROOT / "Procfile").read_text()).processes)


def test_every_process_of_the_procfile_has_its_container() -> None:
    wanted = {ON_ONE_MACHINE_ONLY.get(name, name) for name in procfile()} - {None}
    assert wanted <= set(SERVICES)


@pytest.mark.parametrize("name", ["stream", "hooks"])
def test_a_container_serves_what_the_procfile_serves(name: str) -> None:
    if name not in procfile():
        pytest.skip(f"{name} is not in the Procfile")
    module = SERVICES[name]["command"][-1]
    assert module == shlex.split(procfile()[name])[-1]
    assert hasattr(import_module(module.split(":")[0]), "application")


def test_the_containers_take_the_queues_of_the_procfile() -> None:
    for name in ("worker", "media", "capture"):
        queues = re.search(r"-Q (\S+)", procfile()[name])
        assert queues
        assert queues[1] in SERVICES[name]["command"]


def test_images_are_pinned() -> None:
    for name, service in SERVICES.items():
        image = service["image"]
        assert image == "clipcast" or re.search(r":\d", image), name
    version = re.search(r":(\d+)\.(\d+)\.(\d+)-ffmpeg$", SERVICES["mediamtx"]["image"])
    assert version
    assert tuple(map(int, version.groups())) >= (1, 20, 1)


def test_only_the_proxy_and_the_media_server_are_published() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {
        "caddy",
        "mediamtx",
    }
    published = " ".join(SERVICES["mediamtx"]["ports"])
    assert "9997" not in published


def test_what_is_named_exists() -> None:
    volumes = set(COMPOSE["volumes"])
    for name, service in SERVICES.items():
        assert set(service.get("depends_on", [])) <= set(SERVICES), name
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            assert source in volumes or (ROOT / source).exists(), (name, source)


def test_the_caddyfile_is_valid_for_both_uses() -> None:
    for address in ("http://:8080", "clips.example.com"):
        answer = subprocess.run(
            ["caddy", "validate", "--config", "config/Caddyfile", "--adapter", "caddyfile"],
            cwd=ROOT,
            env={"PATH": f"{ROOT}/.venv/bin", "SITE_ADDRESS": address, "HOME": "/nonexistent"},
            capture_output=True,
            text=True,
        )
        assert "Valid configuration" in answer.stdout + answer.stderr, answer.stderr
