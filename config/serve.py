"""granian with one thing more: a process that is told to stop says so first, and stops then.

    python -m config.serve --interface wsgi --port 8081 config.wsgi:application

After SIGTERM it serves on for DRAIN_S seconds while /health/live answers 503, so that a proxy that
looks there sends nothing new; what is running is finished after that. 0, the default, stops at
once. Options are granian's own.
"""

import os
import tempfile
import time
from pathlib import Path

from config.environment import env

# The name of a file, for this process and its workers, that is there while it is leaving.
LEAVING = "CLIPCAST_LEAVING"


def is_leaving() -> bool:
    """Whether this process was told to stop and only finishes what it has."""
    return os.path.exists(os.environ.get(LEAVING, ""))


def say_goodbye() -> None:
    """Returns when every proxy has had the time to see it."""
    Path(os.environ[LEAVING]).touch()
    time.sleep(env.float("DRAIN_S", default=0))


def main() -> None:
    import granian.cli

    class Server(granian.cli.Server):  # type: ignore[misc, valid-type]
        def shutdown(self, exit_code: int = 0) -> None:
            say_goodbye()
            super().shutdown(exit_code)

    with tempfile.TemporaryDirectory(prefix="clipcast-serve-") as folder:
        os.environ[LEAVING] = f"{folder}/leaving"
        granian.cli.Server = Server
        granian.cli.entrypoint()


if __name__ == "__main__":
    main()
