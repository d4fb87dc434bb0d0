"""mediamtx.yml as it is used in both places: ./scripts/run and docker compose."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from config.ports import ENTRY_PORTS, INNER_PORTS, MEDIAMTX_PORTS
from config.process import mediamtx_environment

ROOT = Path(__file__).resolve().parents[2]
FILE = yaml.safe_load((ROOT / "mediamtx/mediamtx.yml").read_text())
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["mediamtx"]
RUN = mediamtx_environment(Path("/data"), ENTRY_PORTS | INNER_PORTS | MEDIAMTX_PORTS)


def overridden(variable: str) -> Any:
    """The key of the file that a variable MTX_... overrides."""
    name = variable.removeprefix("MTX_")
    values = FILE
    if name.startswith("PATHDEFAULTS_"):
        values, name = FILE["pathDefaults"], name.removeprefix("PATHDEFAULTS_")
    return next(key for key in values if key.upper() == name)


@pytest.mark.parametrize("name", [*COMPOSE["environment"], *RUN])
def test_what_is_overridden_stands_in_the_file(name: str) -> None:
    if name.startswith("MTX_") and name != "MTX_WEBRTCADDITIONALHOSTS":
        assert overridden(name)


def test_both_places_use_the_file_unchanged_and_record_where_clipcast_looks() -> None:
    assert "./mediamtx/mediamtx.yml:/mediamtx.yml:ro" in COMPOSE["volumes"]
    clipcast = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["x-clipcast"]
    record_path = COMPOSE["environment"]["MTX_PATHDEFAULTS_RECORDPATH"]
    assert record_path.startswith(f"{clipcast['environment']['RECORDINGS_ROOT']}/%path/")
    assert RUN["MTX_PATHDEFAULTS_RECORDPATH"].startswith(f"{RUN['RECORDINGS_ROOT']}/%path/")
    assert FILE["pathDefaults"]["recordPath"].endswith(record_path.partition("%path")[2])
    assert RUN["MTX_PATHDEFAULTS_RECORD"] == "true"


def test_rtmp_hls_and_webrtc_are_on_and_nothing_else() -> None:
    switches = ("rtsp", "rtmp", "hls", "webrtc", "srt", "moq", "metrics", "pprof", "playback")
    assert [name for name in switches if FILE[name]] == ["rtmp", "hls", "webrtc"]
    for private in ("apiAddress", "metricsAddress"):
        assert FILE[private].startswith("127.0.0.1:")
    assert FILE["pathDefaults"]["recordDeleteAfter"] == "0s"


def test_the_ports_are_those_that_clipcast_hands_out() -> None:
    ports = {key: FILE[key].rpartition(":")[2] for key in FILE if key.endswith("Address")}
    assert ports["rtmpAddress"] == str(MEDIAMTX_PORTS["RTMP_PORT"])
    assert ports["hlsAddress"] == str(MEDIAMTX_PORTS["HLS_PORT"])
    assert ports["webrtcAddress"] == str(MEDIAMTX_PORTS["WEBRTC_PORT"])
    assert ports["srtAddress"] == str(MEDIAMTX_PORTS["SRT_PORT"])
    assert ports["apiAddress"] == str(MEDIAMTX_PORTS["MEDIAMTX_API_PORT"])
