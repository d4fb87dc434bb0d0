"""Every web process and every worker is restarted while people use the system: nobody notices."""

import pytest

from benchmarks.topology import wait_until
from tests.books import broken_rules
from tests.production.conftest import Scene

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_rolling_restart_drops_no_request_and_loses_no_event(scene: Scene) -> None:
    clipcast = scene.clipcast
    scene.capture(rate=40)
    scene.use_everything(pause_s=0.1)
    for name in ("web1", "web2", "worker"):
        clipcast.restart(name)
    for _ in range(2):
        before = scene.owner_pid()
        name = next(n for n, process in clipcast.processes.items() if process.pid == before)
        clipcast.end(name)
        wait_until(lambda before=before: scene.owner_pid() not in (0, before), "handed over")
        clipcast.start(name)
    scene.actors.stop()
    scene.end_capture()

    assert scene.ledger.failures == []
    assert {code for _, code in scene.ledger.answers} <= {200, 201}
    assert len(scene.ledger.gifts) > 20
    assert scene.missing() == {"gifts": 0, "comments": 0}
    assert broken_rules() == []
