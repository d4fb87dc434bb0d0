"""granian with one thing more: a process that is told to stop says so first, and stops then.

    python -m config.serve --interface wsgi --port 8081 config.wsgi:application

After SIGTERM /health/live answers 503 while everything else is still served, so that a proxy that
looks there sends nothing new. Once every proxy was told, or after DRAIN_S seconds, it finishes what
it has and stops. With DRAIN_S=0, the default, it stops at once. Options are granian's own.
"""

import os
import tempfile
import time
from pathlib import Path

from config.environment import env, load

# The name of a file, for this process and its workers, that is there while it is leaving. It
# holds a byte for each time that somebody was told.
LEAVING = "CLIPCAST_LEAVING"
# Our Caddyfile looks at each process from two places, each second. What was sent just before a
# look comes in within the second after.
TELL_TIMES = 4
AFTER_TELLING_S = 0.5


def is_leaving() -> bool:
    """Whether this process was told to stop; notes that it was asked."""
    path = os.environ.get(LEAVING, "")
    if not os.path.exists(path):
        return False
    with open(path, "ab") as notes:
        notes.write(b".")
    return True


def say_goodbye(most_s: float) -> None:
    """Returns when every proxy has seen it, or after so many seconds."""
    notes = Path(os.environ[LEAVING])
    notes.touch()
    deadline = time.monotonic() + most_s
    while time.monotonic() < deadline:
        if notes.stat().st_size >= TELL_TIMES:
            time.sleep(AFTER_TELLING_S)
            return
        time.sleep(0.05)


def main() -> None:
    import granian.cli

    load()  # this process serves nothing itself, and nobody else reads .env for it

    class Server(granian.cli.Server):  # type: ignore[misc, valid-type]
        def shutdown(self, exit_code: int = 0) -> None:
            say_goodbye(env.float("DRAIN_S", default=0))
            super().shutdown(exit_code)

    with tempfile.TemporaryDirectory(prefix="clipcast-serve-") as folder:
        os.environ[LEAVING] = f"{folder}/leaving"
        granian.cli.Server = Server
        granian.cli.entrypoint()


if __name__ == "__main__":
    main()
