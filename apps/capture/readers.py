"""How many read streams now, process by process: told by the stream processes, for operators."""

import time

import redis

KEY = "clipcast:stream:readers"
TELL_EVERY_S = 5
# Who has said nothing for so long is gone.
GONE_AFTER_S = 20


def entry(readers: int) -> str:
    return f"{readers} {time.time():.0f}"


def by_process(client: redis.Redis) -> dict[str, int]:
    """Process -> its readers. Forgets processes that are gone."""
    found: dict[bytes, bytes] = client.hgetall(KEY)  # type: ignore[assignment]
    readers, gone = {}, []
    for process, said in found.items():
        number, moment = said.split()
        if time.time() - float(moment) < GONE_AFTER_S:
            readers[process.decode()] = int(number)
        else:
            gone.append(process)
    if gone:
        client.hdel(KEY, *gone)
    return readers
