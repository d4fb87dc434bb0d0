"""docker-compose.yml and the Dockerfile, as far as they can be read without an engine."""

import re
import shlex
import subprocess
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from honcho.environ import parse_procfile

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
ON_ONE_MACHINE_ONLY = {"proxy": "caddy", "webcast": None}  # None: the demo streamer


CLIPCAST = {name: service for name, service in SERVICES.items() if "clipcast" in service["image"]}
ONCE = {"migrate", "buckets", "backup"}
# A container is one machine: what its processes listen on, and how long each may take to stop.
OF_THE_PLACE = ("--host", "--port", "--workers-kill-timeout", "--schedule")


def procfile() -> dict[str, str]:
    return dict(parse_procfile((ROOT / "Procfile").read_text()).processes)


def words_of(command: list[str]) -> list[str]:
    """Without what differs from place to place."""
    kept, skip = [], False
    for word in command:
        if not skip and word not in OF_THE_PLACE:
            kept.append(word)
        skip = word in OF_THE_PLACE
    return kept


def test_every_process_of_the_procfile_has_its_container() -> None:
    wanted = {ON_ONE_MACHINE_ONLY.get(name, name) for name in procfile()} - {None}
    assert wanted <= set(SERVICES)


@pytest.mark.parametrize("name", sorted(set(CLIPCAST) - ONCE))
def test_a_container_runs_the_command_of_the_procfile(name: str) -> None:
    line = shlex.split(procfile()[name.rstrip("2")].removeprefix("exec "))
    assert words_of(SERVICES[name]["command"]) == words_of(line)


@pytest.mark.parametrize("name", ["web", "stream", "hooks"])
def test_a_container_serves_what_is_there(name: str) -> None:
    module, attribute = SERVICES[name]["command"][-1].split(":")
    assert hasattr(import_module(module), attribute)


def test_the_database_is_migrated_once_and_before_all_else() -> None:
    migrating = [
        name for name, service in SERVICES.items() if "migrate" in service.get("command", [])
    ]
    assert migrating == ["migrate"]
    assert set(SERVICES["buckets"]["depends_on"]) == {"migrate", "store"}
    for name in set(CLIPCAST) - ONCE:
        needs = SERVICES[name]["depends_on"]["buckets"]["condition"]
        assert needs == "service_completed_successfully", name


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_container_is_watched_bounded_and_has_few_rights(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == ("no" if name in ONCE else "unless-stopped")
    assert service["mem_limit"]
    assert service["cpus"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert service["logging"]["options"]["max-file"]
    assert service["healthcheck"].get("test") or name in ONCE


def test_no_secret_stands_in_the_environment() -> None:
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            secret = re.search("PASSWORD|SECRET|_KEY|DATABASE_URL", variable)
            assert not secret or value.startswith("/run/secrets/"), (name, variable)
        for secret in service.get("secrets", []):
            assert secret in COMPOSE["secrets"], (name, secret)


def test_every_secret_is_made_once(tmp_path: Path) -> None:
    def make() -> dict[str, str]:
        subprocess.run([ROOT / "scripts/make-secrets", tmp_path], check=True, capture_output=True)
        return {file.name: file.read_text() for file in tmp_path.iterdir()}

    made = make()
    assert set(made) == set(COMPOSE["secrets"])
    assert len(made["secret_key"]) >= 40
    assert made["postgres_password"] in made["database_url"]
    assert make() == made


def test_a_web_process_is_there_while_the_other_is_replaced() -> None:
    assert SERVICES["web2"] == SERVICES["web"]
    upstream = SERVICES["caddy"]["environment"]["WEB_UPSTREAM"].split()
    assert {"clipcast-web-1:8081", "clipcast-web2-1:8081"} <= set(upstream)


def test_a_film_that_is_being_made_is_waited_for() -> None:
    minutes = re.fullmatch(r"(\d+)m", SERVICES["media"]["stop_grace_period"])
    assert minutes
    assert int(minutes[1]) * 60 > settings.MEDIA_TIMEOUT_S


def test_postgresql_is_well_only_when_it_is_reached_as_the_others_reach_it() -> None:
    """By its socket, the server that the image makes a new database with is well too."""
    assert SERVICES["postgres"]["healthcheck"]["test"][:3] == ["CMD", "pg_isready", "--host"]


@pytest.mark.parametrize("name", ["migrate", "backup"])
def test_what_changes_tables_has_an_address_of_its_own(name: str) -> None:
    address = SERVICES[name]["environment"]["DATABASE_URL_FILE"]
    assert address == "/run/secrets/database_owner_url"
    assert set(SERVICES[name]["secrets"]) == {
        "database_owner_url" if secret == "database_url" else secret
        for secret in SERVICES["web"]["secrets"]
    }


def test_backups_outlive_the_container_and_can_be_written() -> None:
    backup = SERVICES["backup"]
    assert backup["profiles"] == ["tools"]
    volume, place = next(m.split(":") for m in backup["volumes"] if m.startswith("backups:"))
    assert volume in COMPOSE["volumes"]
    assert backup["command"][:2] == ["./scripts/backup", place]
    made = next(
        line for line in (ROOT / "Dockerfile").read_text().splitlines() if "install -d -o" in line
    )
    for mount in backup["volumes"]:
        assert mount.split(":")[1] in made.split()


@pytest.mark.parametrize("name", sorted(CLIPCAST))
def test_what_a_container_writes_is_in_a_volume(name: str) -> None:
    """The rest of its file system can't be written."""
    mounts = {mount.split(":")[1] for mount in SERVICES[name]["volumes"]}
    told = SERVICES[name]["environment"]
    assert {told["DATA_DIR"], told["FILE_UPLOAD_TEMP_DIR"], told["TMPDIR"]} <= mounts


def test_images_are_pinned() -> None:
    for name, service in SERVICES.items():
        image = service["image"]
        assert "clipcast" in image or re.search(r":v?\d+\.\d+", image), name
    version = re.search(r":(\d+)\.(\d+)\.(\d+)-ffmpeg$", SERVICES["mediamtx"]["image"])
    assert version
    assert tuple(map(int, version.groups())) >= (1, 20, 1)
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        assert not line.startswith("FROM") or re.match(r"FROM python:\d+\.\d+\.\d+-slim-\w+", line)


def test_only_the_proxy_and_the_media_server_are_published() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {
        "caddy",
        "mediamtx",
    }
    published = " ".join(SERVICES["mediamtx"]["ports"])
    assert not re.search("9997|8888|8889", published)


def test_what_is_named_exists() -> None:
    volumes = set(COMPOSE["volumes"])
    for name, service in SERVICES.items():
        assert set(service.get("depends_on", [])) <= set(SERVICES), name
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            assert source in volumes or (ROOT / source).exists(), (name, source)
        for variable in ("WEB_UPSTREAM", "STREAM_UPSTREAM"):
            for address in service.get("environment", {}).get(variable, "").split():
                found = re.fullmatch(rf"{COMPOSE['name']}-(\w+)-\d:(\d+)", address)
                assert found
                assert found[2] in SERVICES[found[1]]["command"]


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
