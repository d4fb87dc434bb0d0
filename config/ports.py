"""The ports of `./scripts/run`: which there are, and clear words when one is taken."""

import os
import socket

# Variable -> default.
ENTRY_PORTS = {"PORT": 8080}
INNER_PORTS = {"WEB_PORT": 8081, "STREAM_PORT": 8082, "HOOKS_PORT": 8083}
DEMO_PORTS = {"WEBCAST_PORT": 8084}
MEDIAMTX_PORTS = {
    "RTMP_PORT": 1935,
    "HLS_PORT": 8888,
    "WEBRTC_PORT": 8889,
    "WEBRTC_UDP_PORT": 8189,
    "SRT_PORT": 8890,
    "MEDIAMTX_API_PORT": 9997,
}
BY_UDP = {"WEBRTC_UDP_PORT", "SRT_PORT"}
LOOPBACK_ONLY = {*INNER_PORTS, *DEMO_PORTS, "MEDIAMTX_API_PORT"}


class PortError(Exception):
    """A port that can't be used, as a sentence that names it and its variable."""


def read_ports(*, with_demo: bool, with_mediamtx: bool) -> dict[str, int]:
    """Every port of this run from the environment, each free at this moment. Raises PortError."""
    wanted = ENTRY_PORTS | INNER_PORTS
    wanted |= DEMO_PORTS if with_demo else {}
    wanted |= MEDIAMTX_PORTS if with_mediamtx else {}
    ports = {name: read_port(name, default) for name, default in wanted.items()}
    taken_by: dict[int, str] = {}
    for name, port in ports.items():
        if port in taken_by:
            raise PortError(f"{taken_by[port]} and {name} are both {port}. Set one to another.")
        taken_by[port] = name
        refuse_busy_port(name, port)
    return ports


def read_port(name: str, default: int) -> int:
    value = os.environ.get(name) or str(default)
    if not (value.isdecimal() and 0 < int(value) < 65536):
        raise PortError(f"{name} must be a port number from 1 to 65535, not {value!r}.")
    return int(value)


def refuse_busy_port(name: str, port: int) -> None:
    kind = socket.SOCK_DGRAM if name in BY_UDP else socket.SOCK_STREAM
    with socket.socket(type=kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1" if name in LOOPBACK_ONLY else "", port))
        except PermissionError as error:
            raise PortError(
                f"This user may not listen on port {port}. Set {name} to one above 1023."
            ) from error
        except OSError as error:
            other = port + 1000 if port < 64000 else port - 1000
            raise PortError(
                f"Port {port} is in use by another program. Stop that one, or choose another port: "
                f"{name}={other} ./scripts/run"
            ) from error
