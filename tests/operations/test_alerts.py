"""monitoring/: the alert rules and the dashboard name what exists, and the rules fire."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from django.test import Client

from apps.operations import state
from tests.cast import Phone
from tests.operations.test_metrics import MONITORING, scrape

PROMTOOL = shutil.which("promtool")


@pytest.fixture(autouse=True)
def _token(settings) -> None:
    settings.METRICS_TOKEN = "scraper"


def names_used(text: str) -> set[str]:
    return set(re.findall(r"\b(clipcast_\w+)", text))


def test_every_metric_stands_in_the_docs_and_in_the_dashboard() -> None:
    page = (MONITORING.parent / "docs/operators/monitoring.md").read_text()
    dashboard = (MONITORING / "grafana-dashboard.json").read_text()
    for family in state.FAMILIES:
        assert f"`{family.name}`" in page
        assert family.name in dashboard


@pytest.mark.parametrize("file", ["alerts.yml", "grafana-dashboard.json"])
def test_alerts_and_dashboard_name_metrics_that_exist(
    client: Client, phone: Phone, file: str
) -> None:
    phone.call("showGifts")
    client.get("/health/live")
    there = {name[0] for name in scrape(client)} | {family.name for family in state.FAMILIES}
    used = names_used((MONITORING / file).read_text())
    assert len(used) > 5
    assert used - there == set()


def test_the_alert_rules_have_all_that_prometheus_wants() -> None:
    rules = yaml.safe_load((MONITORING / "alerts.yml").read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            assert rule.keys() >= {"alert", "expr", "for", "labels", "annotations"}
            assert rule["annotations"].keys() >= {"summary", "description"}


def test_what_may_never_have_happened_is_alarmed_about_when_it_is_missing() -> None:
    rules = (MONITORING / "alerts.yml").read_text()
    once = [f.name for f in state.FAMILIES if f.name.endswith("_age_seconds")]
    assert len(once) == 4
    for name in (*once, "clipcast_stream_readers"):
        assert f"absent({name})" in rules


@pytest.mark.skipif(PROMTOOL is None, reason="promtool, Prometheus's own tool, is not on PATH")
@pytest.mark.parametrize(
    "words",
    [
        ("check", "rules", str(MONITORING / "alerts.yml")),
        ("test", "rules", str(Path(__file__).with_name("alerts_test.yml"))),
    ],
)
def test_prometheus_itself_takes_the_rules_and_they_fire(words: tuple[str, ...]) -> None:
    assert PROMTOOL
    done = subprocess.run([PROMTOOL, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
