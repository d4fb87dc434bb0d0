"""manage.py doctor: each check when all is well, and when it is not."""

import json
import shutil
import socket
import time
from collections import namedtuple
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
from django.core import mail as django_mail
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from apps.capture import partitions
from apps.live import mediamtx
from apps.notifications.push import Outcome, Verdict
from apps.operations import doctor, signs
from apps.operations.doctor import choices, files, messages, processes, servers
from apps.operations.doctor.findings import Finding, Level, Wishes
from apps.users.models import Device, User
from apps.wallet.models import AuditRun
from config import health
from config.celery import app as celery_app
from config.queues import QUEUES
from tests.cast import Person
from tests.objectstore import use_s3

NOBODY = Wishes()
Usage = namedtuple("Usage", "total used free")


def found(look: Callable, wishes: Wishes = NOBODY) -> list[tuple[str, str]]:
    return [(finding.level.value, finding.said) for finding in look(wishes)]


def levels(look: Callable, wishes: Wishes = NOBODY) -> list[str]:
    return [level for level, _ in found(look, wishes)]


def workers_that_read(monkeypatch: pytest.MonkeyPatch, *queues: str, threads: int = 2) -> None:
    """Celery workers that answer, one a queue."""

    class Answers:
        def __init__(self, timeout: float) -> None: ...

        def active_queues(self) -> dict[str, Any] | None:
            return {f"{queue}@host": [{"name": queue}] for queue in queues} or None

        def stats(self) -> dict[str, Any] | None:
            pool = {"pool": {"max-concurrency": threads}}
            return {f"{queue}@host": pool for queue in queues} or None

    monkeypatch.setattr(celery_app.control, "inspect", Answers)


@pytest.fixture(autouse=True)
def folders(settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.RECORDINGS_ROOT = str(tmp_path / "recordings")
    workers_that_read(monkeypatch, *QUEUES)


# --- PostgreSQL and Valkey --------------------------------------------------------------------


def test_the_database_answers() -> None:
    assert levels(servers.database) == ["ok"]


def test_an_old_postgresql_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "server_version", lambda: 130_012)
    assert found(servers.database) == [("wrong", "PostgreSQL 13 is too old.")]


def test_the_tests_server_is_set_up_well() -> None:
    assert levels(servers.database_settings) == ["ok"]


def test_postgresqls_defaults_are_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"random_page_cost": "4", "jit": "on", "max_connections": "10", "activity": 9}
    monkeypatch.setattr(
        servers, "ask", lambda sql: next(answers[word] for word in answers if word in sql)
    )
    said = [said for level, said in found(servers.database_settings) if level == "warning"]
    assert [line.split()[0] for line in said] == ["random_page_cost", "jit", "9"]


def test_more_workers_than_connections_are_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    workers_that_read(monkeypatch, *QUEUES, threads=1000)
    assert found(servers.database_settings)[0][1].startswith("4000 connections are used or will")


def test_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    assert levels(servers.migrations) == ["ok"]
    monkeypatch.setattr(health, "known_migrations", lambda: {("users", "9999_next")})
    assert found(servers.migrations)[0][0] == "wrong"


def test_the_partitions_of_events(monkeypatch: pytest.MonkeyPatch) -> None:
    partitions.make_partitions()
    assert levels(servers.event_partitions) == ["ok"]
    monkeypatch.setattr(partitions, "partition_names", lambda cursor: {"capture_event_default"})
    assert levels(servers.event_partitions) == ["warning"]


def valkey_that_says(monkeypatch: pytest.MonkeyPatch, **info: Any) -> None:
    class Server:
        def info(self) -> dict[str, Any]:
            return {"valkey_version": "9", "used_memory": 90, "aof_enabled": 1, **info}

    monkeypatch.setattr(servers.valkey_pool, "client", Server)


def test_a_durable_valkey_that_evicts_nothing_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    valkey_that_says(monkeypatch, maxmemory_policy="noeviction", maxmemory=0)
    assert found(servers.valkey) == [("ok", "Valkey 9 answers")]


def test_the_tests_own_valkey_keeps_nothing() -> None:
    assert levels(servers.valkey) == ["ok", "warning"]


def test_a_valkey_that_evicts_and_is_full_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    valkey_that_says(monkeypatch, maxmemory_policy="allkeys-lru", maxmemory=100, aof_enabled=0)
    assert levels(servers.valkey) == ["ok", "warning", "wrong", "warning"]


def test_clocks_of_this_machine_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "SKEW_WARNING_S", 30)  # a busy machine is not a wrong clock
    monkeypatch.setattr(servers, "SKEW_WRONG_S", 60)
    assert levels(servers.clocks) == ["ok", "ok", "skipped"]


def test_the_stores_clock_is_compared_too(
    monkeypatch: pytest.MonkeyPatch, settings, s3_server: str
) -> None:
    use_s3(settings, s3_server)
    monkeypatch.setattr(servers, "SKEW_WARNING_S", 60)
    assert levels(servers.clocks) == ["ok", "ok", "ok"]


def test_clocks_that_differ_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "postgres_now", lambda: time.time() - 3600)
    monkeypatch.setattr(servers, "valkey_now", lambda: time.time() + 15)
    assert levels(servers.clocks) == ["wrong", "warning", "skipped"]


# --- Files ------------------------------------------------------------------------------------


def test_both_folders_are_written_read_and_emptied(settings) -> None:
    assert levels(files.storage) == ["ok", "ok"]
    assert not [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_both_buckets_are_written_read_and_emptied(settings, s3_server: str) -> None:
    use_s3(settings, s3_server)
    assert [said for _, said in found(files.storage)] == [
        "uploads: written, read and deleted in bucket media-bucket",
        "private files: written, read and deleted in bucket private-bucket",
    ]
    assert not [*storages["default"].bucket.objects.all()]


def test_a_storage_that_can_not_be_written_is_wrong(settings, tmp_path: Path) -> None:
    (tmp_path / "media").write_text("a file where a folder must be")
    report = the_report("storage")
    assert report.level is Level.WRONG
    assert "media" in report.findings[0].said


def test_a_storage_that_deletes_nothing_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FileSystemStorage, "delete", lambda self, name: None)
    assert levels(files.storage) == ["wrong", "wrong"]


def test_a_storage_that_mixes_things_up_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FileSystemStorage, "_open", lambda *args: ContentFile(b"another's"))
    assert levels(files.storage) == ["wrong", "wrong"]


@pytest.mark.parametrize(
    ("free", "level"),
    [(200 * files.GIGABYTE, "ok"), (3 * files.GIGABYTE, "warning"), (1024, "wrong")],
)
def test_disks_have_room(monkeypatch: pytest.MonkeyPatch, free: int, level: str) -> None:
    usage = Usage(300 * files.GIGABYTE, 0, free)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    assert set(levels(files.disk)) == {level}


def test_the_encoder_makes_a_film() -> None:
    assert found(files.encoder) == [("ok", "a clip of 64x64 was made and read")]


def test_an_ffmpeg_that_fails_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/bin/false")
    assert levels(files.encoder) == ["wrong"]


def test_the_last_backup(tmp_path: Path) -> None:
    assert levels(files.backups) == ["warning"]
    signs.note(signs.BACKUP)
    assert levels(files.backups) == ["ok"]
    signs.valkey.client().set(signs.key_of(signs.BACKUP), time.time() - 3 * 86400)
    assert found(files.backups) == [("warning", "The last one is 3.0 days old.")]


def test_a_backup_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    about = {"tables": {"users_user": 1}, "stored_files": 0}
    monkeypatch.setattr("apps.operations.backup.make", lambda folder, with_files: about)
    call_command("backup", str(tmp_path), stdout=StringIO())
    assert signs.age_s(signs.BACKUP) is not None


# --- Processes --------------------------------------------------------------------------------


def test_every_queue_has_a_worker() -> None:
    assert found(processes.workers) == [("ok", "default 1, media 1, exports 1, capture 1")]


def test_a_queue_without_a_worker_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    workers_that_read(monkeypatch, "default", "exports", "capture")
    assert found(processes.workers)[0] == ("wrong", "No worker reads the queue media.")
    workers_that_read(monkeypatch)
    assert levels(processes.workers) == ["wrong"] * 4


def test_beat_is_known_by_what_it_publishes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(processes.beat)[0][0] == "wrong"
    signs.note_beat()
    assert found(processes.beat) == [("ok", "runs")]
    signs.valkey.client().set(signs.key_of(signs.BEAT), time.time() - 600)
    assert found(processes.beat)[0][1].startswith("Beat has done nothing for 600 s")


def test_beat_goes_on_without_valkey(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signs.valkey, "client", lambda: redis.Redis(port=1))
    signs.note_beat()


def test_the_media_server(monkeypatch: pytest.MonkeyPatch, settings) -> None:
    class Server:
        def streams(self) -> list:
            return []

    monkeypatch.setattr(mediamtx, "media_server", Server)
    assert found(processes.media_server) == [("ok", "MediaMTX answers, 0 streams")]
    settings.MEDIAMTX_API_URL = ""
    assert levels(processes.media_server) == ["skipped"]


def test_a_media_server_that_is_away_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = mediamtx.MediaMtx("http://127.0.0.1:1", "secret")
    monkeypatch.setattr(mediamtx, "media_server", lambda: nobody)
    assert levels(processes.media_server) == ["wrong"]


def test_the_announced_addresses_answer(monkeypatch: pytest.MonkeyPatch, settings) -> None:
    asked: list[str] = []
    monkeypatch.setattr(httpx, "get", lambda url, timeout: asked.append(url) or httpx.Response(200))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        settings.PUBLIC_URL = "https://127.0.0.1"
        settings.RTMP_PORT = settings.HLS_PORT = port
        settings.MEDIAMTX_WEBRTC_URL = f"http://localhost:{port}"
        assert levels(processes.addresses) == ["ok"] * 4
    assert asked == ["https://127.0.0.1/health/live"]


def test_addresses_where_nobody_answers_are_told(settings) -> None:
    settings.PUBLIC_URL = "http://127.0.0.1:1"
    settings.RTMP_PORT = settings.HLS_PORT = settings.WEBRTC_PORT = 1
    assert levels(processes.addresses) == ["wrong", "warning", "warning", "warning"]


def test_without_an_announced_address_there_is_nothing_to_try(settings) -> None:
    settings.PUBLIC_URL = ""
    assert levels(processes.addresses) == ["skipped"]


def test_an_address_that_is_somebody_elses_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpx, "get", lambda url, timeout: httpx.Response(404))
    assert processes.web_answers("https://x.example/health/live").said.endswith("answers 404.")


# --- What the operators chose -----------------------------------------------------------------


@pytest.fixture
def well_chosen(settings) -> None:
    settings.DEBUG = False
    settings.PUBLIC_URL = "https://clips.example.com"
    settings.EMAIL_CODE_SENDER, settings.SMS_CODE_SENDER = "smtp", "twilio"
    settings.PUSH_SENDER = "fcm"
    settings.FIREBASE_PROJECT_ID = "clips"
    settings.METRICS_TOKEN = "scraper"
    settings.MOBILE_IDENTITY = ["token"]


def test_settings_for_production_are_well(well_chosen: None) -> None:
    assert levels(choices.production) == ["ok"]


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("DEBUG", True, "DEBUG"),
        ("MOBILE_IDENTITY", ["token", "user-id"], "user-id"),
        ("PUBLIC_URL", "http://clips.example.com", "https"),
        ("EMAIL_CODE_SENDER", "console", "mail"),
        ("SMS_CODE_SENDER", "console", "SMS"),
        ("PUSH_SENDER", "none", "pushes"),
        ("FIREBASE_PROJECT_ID", "", "sign-in"),
        ("METRICS_TOKEN", "", "/metrics"),
    ],
)
def test_a_doubtful_setting_is_told(
    well_chosen: None, settings, name: str, value: Any, word: str
) -> None:
    setattr(settings, name, value)
    [(level, said)] = found(choices.production)
    assert level == "warning"
    assert word in said


def test_djangos_own_checks_are_asked(settings) -> None:
    settings.SESSION_COOKIE_SECURE = False
    assert ("warning", "security.W012: SESSION_COOKIE_SECURE is not set to True.") in found(
        choices.django_checks
    )
    settings.SESSION_COOKIE_SECURE = True
    assert "W012" not in str(found(choices.django_checks))


def test_what_the_settings_silence_of_djangos_checks_is_not_told(settings) -> None:
    settings.SESSION_COOKIE_SECURE = False
    settings.SILENCED_SYSTEM_CHECKS = ["security.W012"]
    assert "W012" not in str(found(choices.django_checks))


def test_operators(operator: Person, friend: Person) -> None:
    assert levels(choices.operators) == ["warning", "ok"]  # no second factor
    TOTPDevice.objects.create(user=operator.user, name="phone", confirmed=True)
    assert found(choices.operators) == [("ok", "1 operators, 1 of them superusers")]
    User.objects.filter(pk=friend.id).update(is_staff=True)
    assert [said.split()[2:6] for _, said in found(choices.operators)[:2]] == [
        ["have", "no", "role", "and"],
        ["have", "no", "second", "factor:"],
    ]


def test_nobody_or_everybody_superuser_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, operator: Person
) -> None:
    monkeypatch.setattr(choices, "MANY_SUPERUSERS", 0)
    assert found(choices.operators)[0] == ("warning", "1 people may do everything.")
    operator.user.is_superuser = False
    operator.user.save(update_fields=["is_superuser"])
    assert found(choices.operators)[0] == ("warning", "Nobody is superuser.")


def test_the_books() -> None:
    assert levels(choices.books) == ["warning"]
    now = timezone.now()
    run = AuditRun.objects.create(started_at=now, finished_at=now, broken=0, results=[])
    assert levels(choices.books) == ["ok"]
    AuditRun.objects.filter(pk=run.pk).update(started_at=now - timedelta(days=3))
    assert levels(choices.books) == ["warning"]
    AuditRun.objects.filter(pk=run.pk).update(broken=2)
    assert found(choices.books) == [("wrong", "2 rules of the books are broken.")]


# --- Test messages ----------------------------------------------------------------------------

YOU = Wishes(send_to="owner@example.com")


def test_a_mail_goes_to_who_asked(monkeypatch: pytest.MonkeyPatch, settings) -> None:
    settings.EMAIL_CODE_SENDER = "smtp"
    monkeypatch.setattr(messages, "SMTP", "django.core.mail.backends.locmem.EmailBackend")
    assert levels(messages.mail) == ["skipped"]
    assert levels(messages.mail, YOU) == ["ok"]
    assert django_mail.outbox[-1].to == ["owner@example.com"]


def test_a_mail_server_that_is_away_is_wrong(settings) -> None:
    settings.EMAIL_CODE_SENDER, settings.EMAIL_HOST, settings.EMAIL_PORT = "smtp", "127.0.0.1", 1
    assert levels(messages.mail, YOU) == ["wrong"]
    settings.EMAIL_CODE_SENDER = "console"
    assert levels(messages.mail, YOU) == ["skipped"]


def test_pushes_go_to_the_phones_of_who_asked(
    monkeypatch: pytest.MonkeyPatch, owner: Person
) -> None:
    sent: list[str] = []
    verdicts = [Verdict.SENT, Verdict.DEAD_TOKEN]

    class Sender:
        def send(self, message: Any) -> Outcome:
            sent.append(message.push_token)
            return Outcome(verdicts[len(sent) - 1])

    monkeypatch.setattr(messages, "push_sender", Sender)
    assert levels(messages.push) == ["skipped"]
    assert levels(messages.push, YOU) == ["warning"]
    for token in ("one", "two"):
        Device.objects.create(user=owner.user, key=token, push_token=token)
    assert levels(messages.push, YOU) == ["ok", "wrong"]
    assert sorted(sent) == ["one", "two"]
    monkeypatch.setattr(messages, "push_sender", lambda: None)
    assert levels(messages.push, YOU) == ["skipped"]


# --- The whole --------------------------------------------------------------------------------


def the_report(name: str) -> doctor.Report:
    return next(report for report in doctor.examine(NOBODY) if report.name == name)


def only(monkeypatch: pytest.MonkeyPatch, look: Callable) -> None:
    monkeypatch.setattr(doctor, "CHECKS", [doctor.Check("thing", look)])


def test_the_command_says_everything_and_ends_with_an_error_if_something_is_wrong() -> None:
    out = StringIO()
    with pytest.raises(SystemExit) as end:  # beat does not run here
        call_command("doctor", stdout=out)
    assert end.value.code == 1
    for check in doctor.CHECKS:
        assert f" {check.name}" in out.getvalue()
    assert "-> Start exactly one: celery -A config beat (Procfile)." in out.getvalue()


def test_warnings_are_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, lambda wishes: [Finding(Level.WARNING, "So so.", "Do better.")])
    out = StringIO()
    call_command("doctor", stdout=out)
    assert out.getvalue().endswith("1 checks: 0 wrong, 1 with warnings.\n")


def test_programs_get_json(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, lambda wishes: [Finding(Level.WRONG, "Broken.", "Mend it.")])
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("doctor", "--json", stdout=out)
    finding = {"level": "wrong", "said": "Broken.", "mend": "Mend it."}
    assert json.loads(out.getvalue()) == {
        "ok": False,
        "checks": [{"check": "thing", "level": "wrong", "findings": [finding]}],
    }


def test_a_report_is_as_bad_as_its_worst_finding() -> None:
    def level(*found: Level) -> Level:
        return doctor.Report("thing", [Finding(each, "") for each in found]).level

    assert level(Level.OK, Level.SKIPPED) is Level.OK
    assert level(Level.SKIPPED) is Level.SKIPPED
    assert level(Level.OK, Level.WRONG, Level.WARNING) is Level.WRONG
    assert level(Level.OK, Level.WARNING) is Level.WARNING


def test_a_check_that_fails_is_a_finding_and_tells_no_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(wishes: Wishes) -> list[Finding]:
        raise ConnectionError("postgres://clipcast:hunter2@db/clipcast refused")

    only(monkeypatch, fail)
    [report] = doctor.examine(NOBODY)
    assert report.level is Level.WRONG
    assert report.findings[0].said.startswith("ConnectionError: postgres://clipcast:[hidden]@")


def test_the_page_looks_when_it_is_asked_to(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []

    def look(wishes: Wishes) -> list[Finding]:
        looks.append(1)
        return [Finding(Level.WRONG, "The frobnicator is away.", "Start it.")]

    only(monkeypatch, look)
    assert b"frobnicator" not in desk.get("/admin/doctor/").content
    assert looks == []
    page = desk.post("/admin/doctor/", follow=True).content
    assert b"The frobnicator is away." in page
    assert b"Start it." in page
    desk.get("/admin/doctor/")
    assert looks == [1]


def test_the_menu_leads_to_the_page(desk: Client) -> None:
    assert b'href="/admin/doctor/"' in desk.get("/admin/").content


def test_the_page_is_for_admins(client: Client, operator: Person) -> None:
    assert client.post("/admin/doctor/").status_code == 302
    operator.user.is_superuser = False
    operator.user.save(update_fields=["is_superuser"])
    client.force_login(operator.user)
    assert client.get("/admin/doctor/").status_code == 403
    assert client.post("/admin/doctor/").status_code == 403


def test_every_check_is_explained() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/operators/doctor.md").read_text()
    for check in doctor.CHECKS:
        assert f"| {check.name} |" in page
