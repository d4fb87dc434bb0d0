"""What a Celery worker needs to outlive a Valkey that goes away.

When the connection is lost while tasks run (we acknowledge late), kombu 5.7 looks at its closed
connection to put them back, and the AttributeError of that ends the worker with "Unrecoverable
error". As a lost connection, which it is, Celery takes it and connects again.
"""

from typing import Any

import redis
from kombu.transport.redis import Channel

parameters_of_connection = Channel._connparams


def refuse_closed_connection(channel: Any, asynchronous: bool = False) -> dict[str, Any]:
    """Channel._connparams. Raises redis.ConnectionError when the channel has no connection."""
    if channel.connection.client is None:
        raise redis.ConnectionError("The connection of this channel is closed.")
    return parameters_of_connection(channel, asynchronous)


def outlive_outages() -> None:
    Channel._connparams = refuse_closed_connection  # type: ignore[method-assign]
