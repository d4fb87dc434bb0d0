"""Exports of sessions: at once as a download, or made in the background with progress."""

from collections.abc import Iterable

from django.core.files.storage import storages
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from apps.access.authentication import MayUseCapture
from apps.capture.models import Session
from apps.capture.views import (
    ERROR_SCHEMA,
    ERRORS,
    INVALID,
    NOT_FOUND,
    CaptureView,
    checked,
    json_response,
    of_session,
    parse_id,
)
from apps.exports import formats, services
from apps.exports.inputs import ExportQuery
from apps.exports.models import Export
from apps.exports.shapes import ExportShape, list_exports
from apps.users.models import User

NO_EXPORT = "There is no such export, or its time is over."
NO_FILE = {404: OpenApiResponse(ERROR_SCHEMA, "No such export, or its time is over")}
LIST_SCHEMA = {
    "type": "object",
    "properties": {"exports": {"type": "array", "items": ExportShape.schema()}},
}


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


def find_session(session_id: str) -> Session:
    sessions = Session.objects.select_related("streamer")
    return of_session(sessions.filter(pk=parse_id(session_id)).first())


class MayExport(MayUseCapture):
    """Asking for a file is reading; removing one is not."""

    reading = (*SAFE_METHODS, "POST")
    rights = {
        "GET": "exports.view_export",
        "POST": "exports.add_export",
        "DELETE": "exports.delete_export",
    }


class ExportView(CaptureView):
    """Every event of a session as a file."""

    permission_classes = [MayExport]
    content_negotiation_class = ErrorsInJson

    @extend_schema(
        operation_id="exportEvents",
        summary="Events of a session as a file, the oldest first",
        description="Those stored when the request came, with the filters of the list of events. "
        "In CSV, texts that a spreadsheet would run as a formula begin with an apostrophe. For "
        "long sessions ask for an export in the background instead.",
        tags=["capture"],
        parameters=[ExportQuery],
        responses={
            **{(200, each.content_type.split(";")[0]): bytes for each in formats.FORMATS.values()},
            **INVALID,
            **ERRORS,
            **NOT_FOUND,
        },
    )
    def get(self, request: Request, session_id: str) -> StreamingHttpResponse:
        query = ExportQuery(data=request.query_params)
        chosen = checked(query)["format"]
        session = find_session(session_id)
        content_type, write = formats.FORMATS[chosen]
        content = write(session, formats.pages_of(session, query.to_filter()))
        name = formats.file_name(session, chosen)
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingHttpResponse(content, content_type=content_type, headers=headers)


class SessionExportsView(CaptureView):
    """Exports of a session that are made in the background."""

    permission_classes = [MayExport]

    @extend_schema(
        operation_id="listSessionExports",
        summary="Exports of a session, the newest first",
        tags=["capture"],
        responses={200: LIST_SCHEMA, **ERRORS, **NOT_FOUND},
    )
    def get(self, request: Request, session_id: str) -> HttpResponse:
        session = find_session(session_id)
        return json_response({"exports": list_exports(session_id=session.pk)})

    @extend_schema(
        operation_id="requestExport",
        summary="Have a file of a session's events made in the background",
        description="Ask `GET /api/exports/<id>` how far it is; `url` is the file when `status` is "
        "`done`. The file is kept for some days.",
        tags=["capture"],
        request=ExportQuery,
        responses={
            202: ExportShape.schema(),
            429: OpenApiResponse(ERROR_SCHEMA, "Too many exports are waiting"),
            **INVALID,
            **ERRORS,
            **NOT_FOUND,
        },
    )
    def post(self, request: Request, session_id: str) -> HttpResponse:
        query = ExportQuery(data=request.data)
        chosen = checked(query)["format"]
        try:
            export = services.request_export(
                session=find_session(session_id),
                chosen=chosen,
                where=query.to_filter(),
                user=request.user if isinstance(request.user, User) else None,
            )
        except services.TooManyExports as refusal:
            return json_response({"detail": str(refusal)}, status=429)
        return json_response(list_exports(export_id=export.pk)[0], status=202)


class ExportsView(CaptureView):
    """Exports of every session."""

    permission_classes = [MayExport]

    @extend_schema(
        operation_id="listExports",
        summary="The newest 100 exports",
        tags=["capture"],
        responses={200: LIST_SCHEMA, **ERRORS},
    )
    def get(self, request: Request) -> HttpResponse:
        return json_response({"exports": list_exports()})


def find_export(export_id: str) -> Export:
    export = (
        Export.objects.select_related("session__streamer")
        .filter(pk=parse_id(export_id))
        .exclude(status=Export.Status.CANCELLED)
        .first()
    )
    if export is None:
        raise NotFound(NO_EXPORT)
    return export


class OneExportView(CaptureView):
    """One export."""

    permission_classes = [MayExport]

    @extend_schema(
        operation_id="getExport",
        summary="How far an export is",
        tags=["capture"],
        responses={200: ExportShape.schema(), **ERRORS, **NO_FILE},
    )
    def get(self, request: Request, export_id: str) -> HttpResponse:
        return json_response(list_exports(export_id=find_export(export_id).pk)[0])

    @extend_schema(
        operation_id="deleteExport",
        summary="Stop an export, or remove its file",
        tags=["capture"],
        responses={204: None, **ERRORS, **NO_FILE},
    )
    def delete(self, request: Request, export_id: str) -> HttpResponse:
        services.cancel(find_export(export_id))
        return HttpResponse(status=204)


class ExportFileView(CaptureView):
    """The file of an export."""

    permission_classes = [MayExport]

    @extend_schema(
        operation_id="downloadExport",
        summary="The file of an export that is done",
        tags=["capture"],
        responses={(200, "application/octet-stream"): bytes, **ERRORS, **NO_FILE},
    )
    def get(self, request: Request, export_id: str) -> FileResponse:
        export = find_export(export_id)
        if not export.file or export.session is None:
            raise NotFound(NO_EXPORT)
        try:
            file = storages["private"].open(export.file)
        except FileNotFoundError:
            raise NotFound(NO_EXPORT) from None
        return FileResponse(
            file,
            as_attachment=True,
            filename=formats.file_name(export.session, export.format),
            content_type=formats.FORMATS[export.format].content_type,
        )
