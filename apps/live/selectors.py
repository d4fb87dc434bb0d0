"""Reads of live rooms."""

from typing import Any

import orjson

from apps.contract.shapes import fetch_one_json
from apps.live.models import LiveRoom
from apps.live.shapes import HostedRecord

HOSTED_RECORD_SQL = f"""
    SELECT {HostedRecord.sql("r")} FROM live_liveroom r JOIN users_user u ON u.id = r.host_id
    WHERE r.id = %(room_id)s
"""


def hosted_record(*, room_id: int, host_id: int, media_url: str) -> dict[str, Any]:
    """A room and its host for the host's own eyes, without the addresses."""
    parameters = {"room_id": room_id, "viewer_id": host_id, "media_url": media_url}
    record = fetch_one_json(HOSTED_RECORD_SQL, parameters)
    if record is None:
        raise LiveRoom.DoesNotExist
    return orjson.loads(orjson.dumps(record))
