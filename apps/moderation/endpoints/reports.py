"""Reports."""

from typing import Any

from apps.contract import inputs
from apps.contract.answers import ContractValue, Refused
from apps.contract.endpoint import OPTIONAL, Endpoint
from apps.contract.fields import IdField, TextField
from apps.contract.throttle import Rate
from apps.contract.urls import media_url
from apps.moderation import selectors
from apps.moderation.services import reports
from apps.moderation.shapes import (
    ReasonItem,
    ReportCommentAnswer,
    ReportUserAnswer,
    ReportVideoAnswer,
)
from apps.users.callers import Caller


class ShowReportReasons(Endpoint):
    """What one may complain about."""

    group = "reporting"
    auth = OPTIONAL
    answer = [ReasonItem]

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        reasons = selectors.reasons()
        if not reasons:
            raise Refused("There are no reasons to choose from.")
        return reasons


class ReportInput(inputs.Input):
    """The reason goes by two names."""

    report_reason_id = IdField(required=False)
    reason_id = IdField(required=False)
    description = TextField(max_length=2000, required=False)


def reason_and_words(data: dict[str, Any]) -> dict[str, Any]:
    return {
        "reason_id": data.get("report_reason_id") or data.get("reason_id"),
        "description": data.get("description", ""),
    }


class ReportVideo(Endpoint):
    """Complain about a video, once a day.

    iOS, which alone sends numbers as numbers, reports profiles here too, with the person's id
    as `video_id`.
    """

    group = "reporting"
    throttle = Rate.WRITE
    answer = ReportVideoAnswer

    class Input(ReportInput):
        video_id = IdField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        report = reports.report_video(
            reporter_id=caller.id,
            video_id=data["video_id"],
            id_may_be_a_users=isinstance(self.values["video_id"], int),
            **reason_and_words(data),
        )
        return selectors.video_report(report=report, media_url=media_url(self.request))


class ReportComment(Endpoint):
    """Complain about a comment or a reply, once a day."""

    group = "reporting"
    throttle = Rate.WRITE
    answer = ReportCommentAnswer

    class Input(ReportInput):
        comment_id = IdField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        report = reports.report_comment(
            reporter_id=caller.id, comment_id=data["comment_id"], **reason_and_words(data)
        )
        return selectors.comment_report(report=report, media_url=media_url(self.request))


class ReportUser(Endpoint):
    """Complain about an account, once a day."""

    group = "reporting"
    throttle = Rate.WRITE
    answer = ReportUserAnswer

    class Input(ReportInput):
        report_user_id = IdField(required=False)
        reported_user_id = IdField(required=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        target = data.get("report_user_id") or data.get("reported_user_id")
        if target is None:
            raise Refused("Report user id is missing.")
        report = reports.report_user(
            reporter_id=caller.id, user_id=target, **reason_and_words(data)
        )
        return selectors.user_report(report=report, media_url=media_url(self.request))
