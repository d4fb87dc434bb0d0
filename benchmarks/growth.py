"""How much slower pages get when there is a hundred times more of everything.

    uv run python -m benchmarks.growth [--small 10000] [--big 1000000] [--watches 50]
                                       [--seconds 4] [--rounds 3] [--keep FOLDER]

Two embedded servers that are thrown away afterwards, one of each size, filled by SQL: a twentieth
as many people as videos, `--watches` rows of what was watched a video, follows, likes, and hashtags
of which few have most videos. The big one needs some 20 GB of disk and ten minutes or more. One web
process each, wrk with 16 connections, interleaved rounds, medians. Read the ratios.

`--keep` leaves the databases in a folder, where the next run with the same sizes finds them;
migrations that are new since then are run. It is for trying things: the big one then begins on the
disk instead of in memory, which the feed feels.
"""

import argparse
import contextlib
import itertools
import json
import shutil
import statistics
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import feed
from benchmarks.servers import (
    environment_of,
    migrate,
    postgres,
    throwaway_folder,
    valkey,
    web_process,
)

PEOPLE = 20  # videos a person
CHECKED = 50  # viewers whose pages are read, before and after
FILLED = "filled"  # a file that says so
NEWEST = 200  # of them, benchmarks.feed's seed says who watched which
# Quick to fill; what is measured are reads, and notes that don't wait for the disk.
SERVER = {
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "fsync": "off",
    "maintenance_work_mem": "512MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
# Indexes are made after the rows; those of constraints stay.
INDEXES_SQL = """
    SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
    WHERE i.indrelid = ANY('{videos_video,videos_videowatch,videos_videolike,videos_videohashtag}'
            ::regclass[])
        AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)"""
GROWTH_SQL = """
INSERT INTO videos_hashtag (name, views, created_at)
    SELECT 'tag' || n, 0, now() FROM generate_series(1, 2000) n;
INSERT INTO videos_videohashtag (video_id, hashtag_id)
    SELECT DISTINCT v, 1 + floor(2000 * power(random(), 3))::int
    FROM generate_series(1, %(videos)s) v, generate_series(1, 2);
UPDATE videos_hashtag h SET videos_count = n.videos, views = n.views
    FROM (SELECT l.hashtag_id, count(*) AS videos, sum(v.view_count) AS views
        FROM videos_videohashtag l JOIN videos_video v ON v.id = l.video_id GROUP BY 1) n
    WHERE n.hashtag_id = h.id;
INSERT INTO videos_videowatch (user_id, video_id, served_at, plays, longest_s)
    SELECT u, 1 + (u * 7919::bigint + n * 7919::bigint) %% (%(videos)s - %(newest)s),
        now() - n * interval '1 hour', 1, 12.5 * random()
    FROM generate_series(1, %(users)s) u, generate_series(1, %(each)s) n;
UPDATE videos_video SET awaits_audience = false WHERE id < %(videos)s - 1000;
"""


@dataclass(frozen=True)
class Page:
    """What is asked for: `fields` is the JSON's text, of the viewer's id and how many people there
    are. An answer must hold at least `fewest`: what hides things hides some of a rare word's few.
    """

    label: str
    endpoint: str
    fields: Callable[[int, int], str]
    fewest: int = 10
    items: Callable[[Any], list] = list  # of the answer's msg

    def body(self, viewer_id: int, users: int) -> str:
        return f'{{"starting_point":"0",{self.fields(viewer_id, users)}}}'


def found_by(kind: str, keyword: str) -> str:
    return f'"type":"{kind}","keyword":"{keyword}"'


PAGES = (
    Page("For-you feed", "showRelatedVideos", lambda id, users: '"device_id":""'),
    Page(
        "profile grid",
        "showVideosAgainstUserID",
        lambda id, users: f'"other_user_id":"{3 + id * 7 % (users // 20) * 20}"',  # none is private
        items=itemgetter("public"),
    ),
    Page(
        "hashtag page",
        "showVideosAgainstHashtag",
        lambda id, users: f'"hashtag":"tag{1 + id % 50}"',
    ),
    Page(
        "search, videos: the beginning of a word",
        "search",
        lambda id, users: found_by("video", f"clip {100 + id % 800}"),
        fewest=4,
    ),
    Page(
        "search, videos: a word that all have",
        "search",
        lambda id, users: found_by("video", "number"),
    ),
    Page(
        "search, people: the beginning of a name",
        "search",
        lambda id, users: found_by("user", f"person{10 + id % 40}"),
        fewest=8,
    ),
)


@dataclass(frozen=True)
class Row:
    """A page: requests a second at both sizes, and how many times slower the big one is."""

    label: str
    small: float
    big: float

    @property
    def slower(self) -> float:
        return self.small / self.big


def run(
    *,
    small: int = 10_000,
    big: int = 1_000_000,
    watches: int = 50,
    seconds: int = 4,
    rounds: int = 3,
    keep: Path | None = None,
) -> list[Row]:
    with filled(small, watches, keep) as little, filled(big, watches, keep) as large:
        check((little, large))
        speeds = measure((little, large), seconds=seconds, rounds=rounds)
        check((little, large))
    return [
        Row(page.label, *(statistics.median(found) for found in speeds[page])) for page in PAGES
    ]


@dataclass(frozen=True)
class Site:
    url: str
    folder: Path
    users: int


@contextlib.contextmanager
def filled(videos: int, watches: int, keep: Path | None) -> Iterator[Site]:
    """A web process over a database of this many videos."""
    users = max(videos // PEOPLE, 100)
    with (
        folder_of(videos, watches, keep) as folder,
        postgres(folder, settings=SERVER) as url,
        valkey(folder) as redis_url,
    ):
        environment = environment_of(folder, DATABASE_URL=url, REDIS_URL=redis_url)
        migrate(environment)
        if not (folder / FILLED).exists():
            started = time.monotonic()
            fill(url, videos=videos, users=users, watches=watches)
            took_s = time.monotonic() - started
            print(f"{videos:,} videos made in {took_s:,.0f} s.", file=sys.stderr)
            (folder / FILLED).touch()
        with web_process(environment) as address:
            yield Site(address, folder, users)


@contextlib.contextmanager
def folder_of(videos: int, watches: int, keep: Path | None) -> Iterator[Path]:
    """Where a size's servers live: in `keep`, or in a folder that is removed afterwards."""
    if keep is None:
        with throwaway_folder(f"growth-{videos}") as folder:
            yield folder
        return
    folder = keep.resolve() / f"{videos}-{watches}"
    if not (folder / FILLED).exists():
        shutil.rmtree(folder, ignore_errors=True)  # half filled
    folder.mkdir(parents=True, exist_ok=True)
    yield folder


def fill(url: str, *, videos: int, users: int, watches: int) -> None:
    """Fill an empty database. Triggers and foreign keys rest meanwhile."""
    quiet = f"{url}&options=-csession_replication_role%3Dreplica"
    values = {
        "videos": videos,
        "users": users,
        "newest": NEWEST,
        "each": videos * watches // users,
    }
    with psycopg.connect(quiet, autocommit=True) as connection:
        indexes = connection.execute(INDEXES_SQL).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        feed.seed(quiet, videos=videos, users=users)
        with psycopg.ClientCursor(connection) as cursor:
            cursor.execute(GROWTH_SQL, values)
        for _, definition in indexes:
            connection.execute(definition)
        connection.execute("VACUUM ANALYZE")


def measure(
    sites: tuple[Site, Site], *, seconds: int, rounds: int
) -> dict[Page, tuple[list[float], list[float]]]:
    found: dict[Page, tuple[list[float], list[float]]] = {page: ([], []) for page in PAGES}
    for turn in range(rounds + 1):
        for page in PAGES:
            for site, speeds in zip(sites, found[page], strict=True):
                script = wrk_script(site, page, first=turn * 997)
                length = seconds if turn else feed.WARM_UP_S
                speed = feed.wrk(f"{site.url}/api/{page.endpoint}", script, length)
                speeds.extend([speed] if turn else [])
    return found


def check(sites: tuple[Site, Site]) -> None:
    """Raises RuntimeError unless answers hold what they should; the HTTP status is always 200."""
    for site, page, viewer_id in itertools.product(sites, PAGES, range(1, CHECKED + 1)):
        request = urllib.request.Request(
            f"{site.url}/api/{page.endpoint}",
            page.body(viewer_id, site.users).encode(),
            {"Content-Type": "application/json", "Auth-Token": f"token-{viewer_id}"},
        )
        with urllib.request.urlopen(request) as response:
            answer = json.load(response)
        if answer["code"] != 200 or len(page.items(answer["msg"])) < page.fewest:
            raise RuntimeError(f"{page.label}, viewer {viewer_id}: {str(answer)[:300]}")


def wrk_script(site: Site, page: Page, *, first: int) -> Path:
    """Every request is another person's."""
    bodies = site.folder / "bodies"
    bodies.write_text("\n".join(page.body(id, site.users) for id in range(1, site.users + 1)))
    path = site.folder / "request.lua"
    path.write_text(
        f"""
        local n, BODIES = {first}, {{}}
        for line in io.lines("{bodies}") do BODIES[#BODIES + 1] = line end
        request = function()
          n = n + 1
          local id = 1 + n % #BODIES
          local headers = {{["Content-Type"] = "application/json"}}
          headers["Auth-Token"] = "token-" .. id
          return wrk.format("POST", nil, headers, BODIES[id])
        end
        """
    )
    return path


def table(rows: list[Row], *, small: int, big: int) -> str:
    lines = [
        f"| page | requests/s, {small:,} videos | {big:,} videos | slower by |",
        "|---|---|---|---|",
    ]
    lines += [f"| {r.label} | {r.small:,.0f} | {r.big:,.0f} | {r.slower:.2f}x |" for r in rows]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    sizes = (("small", 10_000), ("big", 1_000_000), ("watches", 50), ("seconds", 4), ("rounds", 3))
    for name, default in sizes:
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    print(table(run(**vars(options)), small=options.small, big=options.big))


if __name__ == "__main__":
    main()
