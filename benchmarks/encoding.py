"""Requests a second of the feed with and without an encode running beside it.

    uv run python -m benchmarks.encoding [--seconds 4] [--rounds 3]

An embedded PostgreSQL and Valkey that are thrown away, one web process, wrk with 16 connections,
and clips encoded one after the other by the media worker's own code: as it does, at nice 10, and
for comparison at nice 0, as if it were as important as the web process. The rounds are interleaved.
"""

import argparse
import contextlib
import shutil
import statistics
import threading
from collections.abc import Iterator
from pathlib import Path

from benchmarks.feed import OURS, WARM_UP_S, seed, wrk, wrk_script
from benchmarks.servers import (
    environment_of,
    migrate,
    postgres,
    set_up_django,
    throwaway_folder,
    valkey,
    web_process,
)

FILM_S = 6  # short, so that an encode ends soon after a round
ALONE, NICE, RUDE = "alone", "beside the media worker's encode", "beside one that is not nice"


def run(
    *, videos: int = 5_000, users: int = 500, seconds: int = 4, rounds: int = 3
) -> dict[str, tuple[float, int]]:
    """For each way requests a second, and clips encoded meanwhile. Needs wrk."""
    if shutil.which("wrk") is None:
        raise RuntimeError("This benchmark needs wrk on PATH.")
    with (
        throwaway_folder("encoding") as folder,
        postgres(folder) as url,
        valkey(folder) as redis_url,
    ):
        environment = environment_of(folder, DATABASE_URL=url, REDIS_URL=redis_url)
        migrate(environment)
        seed(url, videos=videos, users=users)
        film = a_film(folder)
        speeds: dict[str, list[float]] = {ALONE: [], NICE: [], RUDE: []}
        clips = dict.fromkeys(speeds, 0)
        with web_process(environment) as base:
            for turn in range(rounds + 1):
                for way, found in speeds.items():
                    script = wrk_script(folder, OURS, users=users, first=turn * 997)
                    with encoding(film, folder, way) as done:
                        speed = wrk(f"{base}/api/{OURS}", script, seconds if turn else WARM_UP_S)
                    if turn:
                        found.append(speed)
                        clips[way] += len(done)
    return {way: (statistics.median(found), clips[way]) for way, found in speeds.items()}


def a_film(folder: Path) -> Path:
    """A clip as phones film them, with much that moves."""
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
def encoding(film: Path, folder: Path, way: str) -> Iterator[list[Path]]:
    """Encode over and over until the block ends; the list grows by each clip."""
    from apps.videos import media

    done: list[Path] = []
    if way == ALONE:
        yield done
        return
    over = threading.Event()
    fence = media.FENCE
    media.FENCE = fence if way == NICE else fence.replace("nice -n 10 ", "")
    worker = threading.Thread(target=encode_until, args=(over, film, folder / "out.mp4", done))
    worker.start()
    try:
        yield done
    finally:
        over.set()
        worker.join()
        media.FENCE = fence


def encode_until(over: threading.Event, film: Path, target: Path, done: list[Path]) -> None:
    from apps.videos import processing

    while not over.is_set():
        processing.encode(film, target, sound=None, clock=processing.Clock())
        done.append(target)


def table(outcome: dict[str, tuple[float, int]]) -> str:
    alone, _ = outcome[ALONE]
    lines = ["| the feed | requests/s | ratio | clips encoded |", "|---|---|---|---|"]
    lines += [
        f"| {way} | {speed:,.0f} | {speed / alone:.2f} | {clips} |"
        for way, (speed, clips) in outcome.items()
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("videos", 5_000), ("users", 500), ("seconds", 4), ("rounds", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    print(table(run(**vars(parser.parse_args()))))


if __name__ == "__main__":
    main()
