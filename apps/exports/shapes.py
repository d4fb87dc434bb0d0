"""What the API shows of an export."""

from apps.capture.shapes import json_object, moment, one_of
from apps.contract import shapes
from apps.contract.shapes import Field, Shape, fetch_json
from apps.exports.formats import FORMATS
from apps.exports.models import Export


class ExportShape(Shape):
    """Needs `capture_session s` and `capture_streamer st` joined, each of which may be null."""

    id = Field("id", "{source}", {"type": "string", "format": "uuid"})
    session_id = Field("session_id", "{source}", {"type": "string", "nullable": True})
    username = shapes.text("st.username")
    format = one_of("format", list(FORMATS))
    filters = json_object("filters")
    status = one_of("status", Export.Status.values)
    error = shapes.text("error")
    rows = shapes.integer("rows")
    total = shapes.integer("total")
    size = shapes.integer("size")
    created_at = moment("created_at")
    finished_at = moment("finished_at")
    expires_at = moment("expires_at")
    url = Field(
        "CASE WHEN {t}.status = 'done' THEN '/api/exports/' || {t}.id || '/file' ELSE '' END",
        "{source}",
        {"type": "string", "description": "where the file is once `status` is `done`"},
    )


FROM = """
    FROM exports_export e LEFT JOIN capture_session s ON s.id = e.session_id
    LEFT JOIN capture_streamer st ON st.id = s.streamer_id
"""
LIST_SQL = f"""
    SELECT {ExportShape.sql("e")} {FROM}
    WHERE (%(session_id)s::uuid IS NULL OR e.session_id = %(session_id)s)
        AND (%(id)s::uuid IS NULL OR e.id = %(id)s) AND e.status <> 'cancelled'
    ORDER BY e.created_at DESC, e.id LIMIT %(limit)s
"""


def list_exports(*, session_id: object = None, export_id: object = None, limit: int = 100) -> list:
    """The newest first."""
    return fetch_json(LIST_SQL, {"session_id": session_id, "id": export_id, "limit": limit})
