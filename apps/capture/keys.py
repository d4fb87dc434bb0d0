"""What makes a message the same message: docs/decisions/0010-message-identity.md."""

import hashlib
from uuid import UUID

from apps.capture.sources import RawMessage


def message_key(message: RawMessage) -> UUID:
    """The same for every delivery of a message within a session.

    TikTok's id with the type, or, for a message without an id, type and content.
    """
    digest = hashlib.blake2b(message.type.encode(), digest_size=16)
    if message.message_id:
        digest.update(b"\0id" + message.message_id.to_bytes(8, "big", signed=True))
    else:
        digest.update(b"\0payload" + message.payload)
    return UUID(bytes=digest.digest())
