"""A fresh process counts its first requests right, even if they come all at once."""

import os
import subprocess
import sys

MANY_FIRST_REQUESTS = """
import threading
import django
django.setup()
from apps.contract import throttle
barrier = threading.Barrier(8)
problems = []
def first():
    barrier.wait()
    try:
        throttle.limiter()
    except Exception as error:
        problems.append(error)
threads = [threading.Thread(target=first) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert not problems, problems
"""


def test_the_first_requests_of_a_process_may_come_together() -> None:
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        [sys.executable, "-c", MANY_FIRST_REQUESTS],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
