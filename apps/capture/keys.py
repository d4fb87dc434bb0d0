"""What makes a message the same message: docs/decisions/0010-message-identity.md."""

import hashlib
from functools import lru_cache
from typing import Any

from apps.capture.sources import RawMessage


def message_key(message: RawMessage) -> bytes:
    """The same for every delivery of a message within a session; a UUID's 16 bytes.

    TikTok's id with the type, or, for a message without an id, type and content.
    """
    digest = hash_of_type(message.type).copy()
    if message.message_id:
        digest.update(b"\0id" + message.message_id.to_bytes(8, "big", signed=True))
    else:
        digest.update(b"\0payload" + message.payload)
    return digest.digest()


@lru_cache(1024)
def hash_of_type(name: str) -> Any:
    return hashlib.blake2b(name.encode(), digest_size=16)
