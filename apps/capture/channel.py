"""How whoever changes a session tells the stream processes that there is news.

A message on `channel_of(session.id)` is a hint with no content: the rows in Postgres are the
truth. It is published (`client.publish(channel_of(session_id), NEWS)`) after the commit that
stored events or changed the session's state or counters. The stream process (config/stream.py)
then reads what it has not read yet, by event id, so a hint that is lost, doubled or late costs
neither an event nor a repeat.

What the reader relies on: within a session, events become visible in the order of their ids.
So the transaction that stores events locks the session's row before it draws their ids.
"""

import logging
import uuid

from django.db import transaction
from redis.exceptions import RedisError

from apps.capture import valkey

logger = logging.getLogger(__name__)
NEWS = b"news"


def channel_of(session_id: uuid.UUID) -> str:
    """The Valkey channel of a session."""
    return f"capture:session:{session_id}"


def announce(session_id: uuid.UUID) -> None:
    """Publish a hint when the transaction that runs, if any, has committed."""
    transaction.on_commit(lambda: publish(session_id))


def publish(session_id: uuid.UUID) -> None:
    try:
        valkey.client().publish(channel_of(session_id), NEWS)
    except (RedisError, OSError) as error:
        logger.warning("News of session %s were not announced: %s", session_id, error)
