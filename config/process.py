"""One process of the Procfile, as systemd or a person starts it where no ./scripts/run does:

    python -m config.process web
    python -m config.process web-8091      another one, on that port
    python -m config.process capture-2     another worker

It reads .env and the files of secrets, adds what follows from them, and becomes that process.
"""

import os
import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config.embedded import data_dir
from config.environment import BASE_DIR, load
from config.ports import INNER_PORTS, MEDIAMTX_PORTS, PortError, read_port

MAY_BE_MANY = ("web", "stream")  # besides the workers
ON_THIS_MACHINE = "127.0.0.1/32,::1/128"


class NoSuchProcess(Exception):
    """A name that the Procfile doesn't have, as a sentence."""


def main() -> None:
    os.chdir(BASE_DIR)
    try:
        load()
        command = line_of(sys.argv[1] if len(sys.argv) == 2 else "")
        ports = {
            name: read_port(name, port) for name, port in (INNER_PORTS | MEDIAMTX_PORTS).items()
        }
    except (NoSuchProcess, PortError, ImproperlyConfigured) as problem:
        sys.exit(f"clipcast: {problem}")
    folder = data_dir()
    for name, value in (
        inner_environment(folder, ports) | mediamtx_environment(folder, ports)
    ).items():
        if not os.environ.get(name):
            os.environ[name] = value
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    os.execv("/bin/sh", ["/bin/sh", "-c", command])  # noqa: S606 (our own Procfile)


def line_of(instance: str) -> str:
    """What the Procfile says; sets the port of another one. Raises NoSuchProcess."""
    lines = dict(line.split(": ", 1) for line in Path("Procfile").read_text().splitlines())
    kind, _, which = instance.partition("-")
    if kind not in lines:
        raise NoSuchProcess(
            f"{instance or 'Nothing'} is no process. There are: {', '.join(lines)}."
        )
    line = lines[kind]
    if not which:
        return line
    if f"{kind}@%h" in line:
        return line.replace(f"{kind}@%h", f"{instance}@%h")
    port = f"{kind.upper()}_PORT"
    if kind not in MAY_BE_MANY or not which.isdecimal():
        raise NoSuchProcess(f"{instance}: a second {kind} is not started that way.")
    os.environ[port] = which
    return line


def inner_environment(folder: Path, ports: dict[str, int]) -> dict[str, str]:
    """What the processes are told of each other and of their folder."""
    return {
        "DATA_DIR": str(folder),
        "PYTHONUNBUFFERED": "1",
        "MEDIA_ROOT": os.environ.get("MEDIA_ROOT") or str(folder / "media"),
        "PRIVATE_ROOT": os.environ.get("PRIVATE_ROOT") or str(folder / "private"),
        "XDG_DATA_HOME": str(folder / "caddy"),
        "WEB_UPSTREAM": f"127.0.0.1:{ports['WEB_PORT']}",
        "STREAM_UPSTREAM": f"127.0.0.1:{ports['STREAM_PORT']}",
    } | {name: str(port) for name, port in ports.items()}


def mediamtx_environment(folder: Path, ports: dict[str, int]) -> dict[str, str]:
    """What MediaMTX is told (MTX_...), and the others of it."""
    recordings = os.environ.get("RECORDINGS_ROOT") or str(folder / "recordings")
    return {
        "RECORDINGS_ROOT": recordings,
        "MTX_PATHDEFAULTS_RECORD": os.environ.get("ROOM_RECORDING") or "true",
        "MTX_PATHDEFAULTS_RECORDPATH": f"{recordings}/%path/%Y-%m-%d_%H-%M-%S-%f",
        "MEDIAMTX_API_URL": f"http://127.0.0.1:{ports['MEDIAMTX_API_PORT']}",
        "MTX_APIADDRESS": f"127.0.0.1:{ports['MEDIAMTX_API_PORT']}",
        "MTX_AUTHHTTPADDRESS": f"http://127.0.0.1:{ports['HOOKS_PORT']}/mediamtx/auth",
        "HLS_UPSTREAM": f"127.0.0.1:{ports['HLS_PORT']}",
        "WEBRTC_UPSTREAM": f"127.0.0.1:{ports['WEBRTC_PORT']}",
        "MTX_RTMPADDRESS": f":{ports['RTMP_PORT']}",
        "MTX_HLSADDRESS": f":{ports['HLS_PORT']}",
        "MTX_WEBRTCADDRESS": f":{ports['WEBRTC_PORT']}",
        # Our own proxy; it alone says for whom it asks.
        "MTX_HLSTRUSTEDPROXIES": ON_THIS_MACHINE,
        "MTX_WEBRTCTRUSTEDPROXIES": ON_THIS_MACHINE,
        "MTX_WEBRTCLOCALUDPADDRESS": f":{ports['WEBRTC_UDP_PORT']}",
        "MTX_SRT": os.environ.get("MEDIAMTX_SRT") or "false",
        "MTX_SRTADDRESS": f":{ports['SRT_PORT']}",
    }


if __name__ == "__main__":
    main()
