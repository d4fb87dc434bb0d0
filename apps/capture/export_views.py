"""GET /api/sessions/<id>/export: a session's events as a download."""

from collections.abc import Iterable

from django.http import StreamingHttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from apps.capture import export, inputs
from apps.capture.models import Session
from apps.capture.views import (
    ERRORS,
    INVALID,
    NO_SESSION,
    NOT_FOUND,
    CaptureView,
    checked,
    parse_id,
)


class ErrorsInJson(DefaultContentNegotiation):
    """REST framework takes `?format=` for its own; here it is the file's."""

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, str(renderer.media_type)


class ExportView(CaptureView):
    """Every event of a session as a file."""

    content_negotiation_class = ErrorsInJson

    @extend_schema(
        operation_id="exportEvents",
        summary="Events of a session as a file, the oldest first",
        description="Those stored when the request came, with the filters of the list of events. "
        "In CSV, texts that a spreadsheet would run as a formula begin with an apostrophe.",
        tags=["capture"],
        parameters=[inputs.ExportQuery],
        responses={
            (200, "application/json"): bytes,
            (200, "application/x-ndjson"): bytes,
            (200, "text/csv"): bytes,
            **INVALID,
            **ERRORS,
            **NOT_FOUND,
        },
    )
    def get(self, request: Request, session_id: str) -> StreamingHttpResponse:
        query = inputs.ExportQuery(data=request.query_params)
        chosen = checked(query)["format"]
        session = Session.objects.select_related("streamer").filter(pk=parse_id(session_id)).first()
        if session is None:
            raise NotFound(NO_SESSION)
        content_type, write = export.FORMATS[chosen]
        content = write(session, export.pages_of(session, query.to_filter()))
        name = f"{session.streamer.username}-{session.created_at:%Y%m%d-%H%M}.{chosen}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingHttpResponse(content, content_type=content_type, headers=headers)
