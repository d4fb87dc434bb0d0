"""Acting towards Google's APIs as a service account, by the key file that its console gives out."""

import threading
from pathlib import Path
from typing import Any

import orjson
from google.auth.transport.urllib3 import Request, urllib3
from google.oauth2.service_account import Credentials


class ServiceAccount:
    """Access tokens of one service account, kept until they expire. For many threads."""

    def __init__(self, file: str, *, scope: str, timeout_s: int) -> None:
        self.info: dict[str, Any] = orjson.loads(Path(file).read_bytes())
        self.credentials = Credentials.from_service_account_info(self.info, scopes=[scope])
        self.request = Request(urllib3.PoolManager(timeout=timeout_s, retries=False))
        self.lock = threading.Lock()

    def headers(self) -> dict[str, str]:
        """What a request carries. Raises google.auth.exceptions.GoogleAuthError."""
        with self.lock:
            if not self.credentials.valid:
                self.credentials.refresh(self.request)
            return {"Authorization": f"Bearer {self.credentials.token}"}

    def forget_token(self) -> None:
        """After Google has refused it."""
        with self.lock:
            self.credentials.token = None
