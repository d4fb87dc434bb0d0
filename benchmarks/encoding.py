"""Requests a second of the feed with and without an encode running beside it.

    uv run python -m benchmarks.encoding [--seconds 4] [--rounds 3]

An embedded PostgreSQL that is thrown away, one web process, wrk with 16 connections, and the media
worker's own ffmpeg arguments at its own niceness. The rounds are interleaved.
"""

import argparse
import contextlib
import shutil
import statistics
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.feed import OURS, WARM_UP_S, seed, wrk, wrk_script
from benchmarks.servers import (
    environment_of,
    migrate,
    postgres,
    set_up_django,
    throwaway_folder,
    web_process,
)

FILM_S = 60


@dataclass(frozen=True)
class Outcome:
    """Requests a second alone and beside an encode, and the second divided by the first."""

    alone: float
    beside: float

    @property
    def ratio(self) -> float:
        return self.beside / self.alone


def run(*, videos: int = 5_000, users: int = 500, seconds: int = 4, rounds: int = 3) -> Outcome:
    """Seed and measure. Raises RuntimeError if wrk is missing."""
    if shutil.which("wrk") is None:
        raise RuntimeError("This benchmark needs wrk on PATH.")
    with throwaway_folder("encoding") as folder, postgres(folder) as url:
        environment = environment_of(folder, DATABASE_URL=url)
        migrate(environment)
        seed(url, videos=videos, users=users)
        film = a_film(folder)
        found: dict[bool, list[float]] = {False: [], True: []}
        with web_process(environment) as base:
            for turn in range(rounds + 1):
                for busy in (False, True):
                    script = wrk_script(folder, OURS, users=users, first=turn * 997)
                    with encoding(film, folder) if busy else contextlib.nullcontext():
                        speed = wrk(f"{base}/api/{OURS}", script, seconds if turn else WARM_UP_S)
                    found[busy] += [speed] if turn else []
    return Outcome(statistics.median(found[False]), statistics.median(found[True]))


def a_film(folder: Path) -> Path:
    """Long enough to be encoded all through a round."""
    set_up_django()
    from apps.videos import media

    film = folder / "film.mp4"
    media.run_ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=1280x720:r=30", "-t", str(FILM_S)),
        *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", str(film)),
        timeout_s=300,
    )
    return film


@contextlib.contextmanager
def encoding(film: Path, folder: Path) -> Iterator[None]:
    """The media worker's work, over and over, until the block ends."""
    over = threading.Event()
    worker = threading.Thread(target=encode_until, args=(over, film, folder / "out.mp4"))
    worker.start()
    try:
        yield
    finally:
        over.set()
        worker.join()


def encode_until(over: threading.Event, film: Path, target: Path) -> None:
    from apps.videos import processing
    from apps.videos.media import MediaError

    while not over.is_set():
        with contextlib.suppress(MediaError):  # its clock has run out
            processing.encode(film, target, sound=None, clock=processing.Clock())


def table(outcome: Outcome) -> str:
    return "\n".join(
        [
            "| the feed | requests/s | ratio |",
            "|---|---|---|",
            f"| alone | {outcome.alone:,.0f} | 1.00 |",
            f"| beside an encode | {outcome.beside:,.0f} | {outcome.ratio:.2f} |",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("videos", 5_000), ("users", 500), ("seconds", 4), ("rounds", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    print(table(run(**vars(parser.parse_args()))))


if __name__ == "__main__":
    main()
