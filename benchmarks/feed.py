"""Requests a second of the For-you feed, against other ways to make the same page.

    uv run python -m benchmarks.feed [--videos 20000] [--users 2000] [--seconds 4] [--rounds 3]

Everything runs on this machine: an embedded PostgreSQL that is thrown away afterwards, one web
process of ours, one of bare Django views, and wrk with 16 connections. The rounds are
interleaved and medians are taken. Read the ratios, not the figures.
"""

import argparse
import re
import shutil
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.types.numeric import Int8
from psycopg.types.string import TextLoader

from benchmarks.servers import (
    environment_of,
    migrate,
    postgres,
    set_up_django,
    throwaway_folder,
    web_process,
)

CONNECTIONS = 16
WARM_UP_S = 2
REQUESTS_PER_S = re.compile(r"Requests/sec:\s+([\d.]+)")
FAILURES = re.compile(r"Non-2xx|Socket errors")

OURS = "showRelatedVideos"
WAYS = {
    OURS: "Clipcast's showRelatedVideos: token, validation, page, note of what was served",
    "same-statement": "the same page from the same statement, hand-written view, no token, no note",
    "ten-newest": "the ten newest videos as the same JSON, hand-written view",
    "drf-serializers": "nested DRF serializers over the ORM (select_related), no token, no note",
    "bare": "bare Django view, no middleware",
}
PSYCOPG = "psycopg: the feed's whole statement, one connection, no HTTP"

# Columns that the seed does not name get their type's empty value, whatever models gain later.
DEFAULTS_SQL = """
DO $$ DECLARE c record; BEGIN
    FOR c IN SELECT table_name, column_name, CASE
            WHEN data_type IN ('character varying', 'text') THEN quote_literal('')
            WHEN data_type = 'boolean' THEN 'false'
            WHEN data_type LIKE 'timestamp%' THEN 'now()' ELSE '0' END AS value
        FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name ~ '^(users|videos)_'
            AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'
            AND is_generated = 'NEVER'
            AND data_type IN ('character varying', 'text', 'boolean', 'integer',
                'timestamp with time zone', 'double precision')
    LOOP
        EXECUTE format('ALTER TABLE %I ALTER %I SET DEFAULT %s',
            c.table_name, c.column_name, c.value);
    END LOOP;
END $$
"""
SEED_SQL = """
INSERT INTO users_user (id, password, is_superuser, username, email, phone, first_name, last_name,
        gender, bio, website, profile_pic, profile_pic_small, profile_gif, social, city, country,
        paypal, referral_code, verified, is_private, shows_profile_views, status, ban_reason,
        followers_count, following_count, likes_count, video_count, is_staff, is_active, created_at)
    SELECT n, '!', false, 'person' || n, '', '', 'Person', 'Number ' || n, '', 'I make clips.', '',
        'pics/' || n || '.jpg', '', '', 'email', 'Lagos', 'Nigeria', '', '', n %% 50 = 0,
        n %% 20 = 0, true, 'active', '', 10, 10, 100, 10, false, true, now()
    FROM generate_series(1, %(users)s) n;
INSERT INTO users_pushnotificationsetting (user_id, likes, comments, new_followers, mentions,
        direct_messages, video_updates)
    SELECT id, true, true, true, true, true, true FROM users_user;
INSERT INTO users_privacysetting (user_id, videos_download, videos_repost, order_history,
        direct_message, duet, liked_videos, video_comment)
    SELECT id, true, true, false, 'everyone', 'everyone', 'me', 'everyone' FROM users_user;
INSERT INTO users_authtoken (digest, user_id, platform, created_at, last_used_at)
    SELECT sha256(('token-' || id)::bytea), id, 'bench', now(), now() FROM users_user;
INSERT INTO users_follow (follower_id, followed_id, bell, created_at)
    SELECT DISTINCT a, 1 + (a * 7 + n * 131) %% %(users)s, true, now()
    FROM generate_series(1, %(users)s) a, generate_series(1, 20) n
    WHERE a <> 1 + (a * 7 + n * 131) %% %(users)s;
INSERT INTO users_block (blocker_id, blocked_id, created_at)
    SELECT a, a + 1, now() FROM generate_series(1, %(users)s - 1, 10) a;
INSERT INTO videos_sound (name, description, audio, thumbnail, duration, uploaded_by, publish,
        created_at)
    SELECT 'Sound ' || n, '', 'sounds/' || n || '.m4a', '', 15, 'user', true, now()
    FROM generate_series(1, 500) n;
INSERT INTO videos_video (user_id, description, file, thumbnail, gif, sound_id, duration, width,
        height, state, failure, privacy, allow_comments, allow_duet, is_story, block, location,
        view_count, like_count, comment_count, share_count, favourite_count, created_at)
    SELECT 1 + (n * 31) %% %(users)s, 'Clip number ' || n || ' #one #two', 'v/' || n || '.mp4',
        'v/' || n || '.jpg', 'v/' || n || '.gif', 1 + n %% 500, 12.5, 720, 1280, 'ready', '',
        CASE WHEN n %% 25 = 0 THEN 'private' ELSE 'public' END, true, true, false, n %% 100 = 0,
        'Lagos', n %% 1000, (1000 / (1 + n %% 997)), n %% 7, n %% 3, n %% 5,
        now() - (%(videos)s - n) * interval '1 minute'
    FROM generate_series(1, %(videos)s) n;
INSERT INTO videos_videolike (user_id, video_id, created_at)
    SELECT DISTINCT 1 + (n * 17) %% %(users)s, 1 + (n * 13) %% %(videos)s, now()
    FROM generate_series(1, %(videos)s * 2) n;
INSERT INTO videos_videowatch (user_id, video_id, served_at)
    SELECT u, v, now() FROM generate_series(1, %(users)s) u,
        generate_series(%(videos)s - 40, %(videos)s) v WHERE (u + v) %% 2 = 0;
"""


@dataclass(frozen=True)
class Row:
    """One way to make the page: requests a second, and ours divided by it."""

    name: str
    label: str
    per_second: float
    ours_is: float


def run(
    *, videos: int = 20_000, users: int = 2_000, seconds: int = 4, rounds: int = 3
) -> list[Row]:
    """Seed, measure and return the rows, ours first. Raises RuntimeError if wrk is missing."""
    if shutil.which("wrk") is None:
        raise RuntimeError("This benchmark needs wrk on PATH.")
    with throwaway_folder("feed") as folder, postgres(folder) as url:
        environment = environment_of(folder, DATABASE_URL=url)
        migrate(environment)
        seed(url, videos=videos, users=users)
        speeds = measure(folder, environment, users=users, seconds=seconds, rounds=rounds)
        speeds[PSYCOPG] = psycopg_speed(url, users=users, seconds=seconds)
    return rows_of(speeds)


def seed(url: str, *, videos: int, users: int) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(DEFAULTS_SQL)
        with psycopg.ClientCursor(connection) as cursor:
            cursor.execute(SEED_SQL, {"videos": videos, "users": users})
        connection.execute("VACUUM ANALYZE")


def measure(
    folder: Path, environment: dict[str, str], *, users: int, seconds: int, rounds: int
) -> dict[str, float]:
    """Requests a second by way, the median of interleaved rounds."""
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    bare = environment | {"DJANGO_SETTINGS_MODULE": "benchmarks.feed_settings"}
    with web_process(environment) as ours, web_process(bare) as theirs:
        for turn in range(rounds + 1):
            for way in WAYS:
                script = wrk_script(folder, way, users=users, first=turn * 997)
                url = f"{ours}/api/{way}" if way == OURS else f"{theirs}/{way}"
                speed = wrk(url, script, WARM_UP_S if turn == 0 else seconds)
                found[way] += [speed] if turn else []
    return {way: statistics.median(speeds) for way, speeds in found.items()}


def wrk_script(folder: Path, way: str, *, users: int, first: int) -> Path:
    """Every request is another person's."""
    path = folder / "request.lua"
    path.write_text(
        f"""
        local n = {first}
        request = function()
          n = n + 1
          local id = 1 + n % {users}
          local headers = {{["Content-Type"] = "application/json"}}
          if {str(way == OURS).lower()} then headers["Auth-Token"] = "token-" .. id end
          local body = '{{"viewer":' .. id .. ',"device_id":"","starting_point":"0"}}'
          return wrk.format("POST", nil, headers, body)
        end
        """
    )
    return path


def wrk(url: str, script: Path, seconds: int) -> float:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script), url]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if FAILURES.search(output):
        raise RuntimeError(f"{url} failed under load:\n{output}")
    return float(REQUESTS_PER_S.search(output)[1])


def psycopg_speed(url: str, *, users: int, seconds: int) -> float:
    """The whole statement, note included, straight from psycopg."""
    set_up_django()
    from apps.contract.shapes import NamedCursor
    from apps.videos.feed.filters import Audience
    from apps.videos.feed.page import feed_sql

    sql = feed_sql(Audience(is_user=True, has_device=False))
    nothing = dict.fromkeys(("device_id", "offset", "promoted_id", "promotion_id"), Int8(0))
    constant = nothing | {"promotion": None, "media_url": "http://127.0.0.1/media/"}
    constant["guarded_url"] = "http://127.0.0.1/guarded/x/"
    with psycopg.connect(
        url, autocommit=True, prepare_threshold=3, cursor_factory=NamedCursor
    ) as connection:
        connection.adapters.register_loader("json", TextLoader)
        started, count = time.monotonic(), 0
        while time.monotonic() - started < seconds:
            count += 1
            values = constant | {"viewer_id": Int8(1 + count % users), "seed": Int8(count)}
            connection.execute(sql, values).fetchall()
        return count / (time.monotonic() - started)


def rows_of(speeds: dict[str, float]) -> list[Row]:
    labels = WAYS | {PSYCOPG: PSYCOPG}
    return [Row(way, labels[way], speed, speeds[OURS] / speed) for way, speed in speeds.items()]


def table(rows: list[Row]) -> str:
    lines = ["| the page by | requests/s | Clipcast is |", "|---|---|---|"]
    lines += [f"| {row.label} | {row.per_second:,.0f} | {row.ours_is:.2f}x |" for row in rows]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("videos", 20_000), ("users", 2_000), ("seconds", 4), ("rounds", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    print(table(run(**vars(parser.parse_args()))))


if __name__ == "__main__":
    main()
