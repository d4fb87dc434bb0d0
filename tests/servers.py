"""Real PostgreSQL and Valkey for the test run, started before Django reads its settings.

Loaded with `-p tests.servers`. The first pytest process starts them; xdist's workers inherit
the URLs and take a Valkey database number each.
"""

import os
import shutil
import tempfile
from pathlib import Path

from config import embedded

IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ
FAST_NOT_DURABLE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "300",
}
folder: Path | None = None


def start() -> None:
    global folder
    os.environ.setdefault("SECRET_KEY", "test-key-" + "x" * 40)
    os.environ["DEBUG"] = "false"
    os.environ["COOKIE_SECURE"] = "false"
    # Tests sign operators in without a second factor, but for those about it.
    os.environ["STAFF_TWO_FACTOR"] = "false"
    if not os.environ.get("TEST_DATA_DIR"):
        folder = Path(tempfile.mkdtemp(prefix="clipcast-tests-"))
        folder.chmod(0o755)
        os.environ["TEST_DATA_DIR"] = str(folder)
        if not os.environ.get("DATABASE_URL"):
            os.environ["DATABASE_URL"] = embedded.start_postgres(
                folder / "postgres", settings=FAST_NOT_DURABLE
            )
        if not os.environ.get("REDIS_URL"):
            os.environ["REDIS_URL"] = embedded.start_valkey(folder / "valkey", durable=False)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    os.environ["DATA_DIR"] = os.path.join(os.environ["TEST_DATA_DIR"], f"data-{worker}")
    if IS_WORKER:
        url = os.environ["REDIS_URL"].split("?")[0]
        os.environ["REDIS_URL"] = f"{url}?db={int(worker) + 1}"


def pytest_unconfigure() -> None:
    if folder is not None:
        embedded.stop_valkey(folder / "valkey")
        embedded.stop_postgres(folder / "postgres")
        shutil.rmtree(folder, ignore_errors=True)


start()
