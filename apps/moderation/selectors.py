"""Reads of reports and verification requests."""

import orjson

from apps.contract.shapes import fetch_json, fetch_one_json
from apps.moderation.models import Report
from apps.moderation.shapes import (
    ReasonItem,
    ReportCommentAnswer,
    ReportUserAnswer,
    ReportVideoAnswer,
    VerificationAnswer,
)

REASONS_SQL = f"""
    SELECT {ReasonItem.sql("r")} FROM moderation_reportreason r
    WHERE r.active ORDER BY r.position, r.id"""
JOINS = "FROM moderation_report p JOIN users_user me ON me.id = p.reporter_id"
VIDEO_ANSWER_SQL = f"""
    SELECT {ReportVideoAnswer.sql("p")} {JOINS}
    LEFT JOIN videos_video v ON v.id = p.target_id AND p.kind = 'video'
    WHERE p.id = %(report_id)s"""
COMMENT_ANSWER_SQL = f"""
    SELECT {ReportCommentAnswer.sql("p")} {JOINS} WHERE p.id = %(report_id)s"""
USER_ANSWER_SQL = f"""
    SELECT {ReportUserAnswer.sql("p")} {JOINS}
    JOIN users_user u ON u.id = p.target_id
    LEFT JOIN moderation_reportreason r ON r.id = p.reason_id
    WHERE p.id = %(report_id)s"""
VERIFICATION_SQL = f"""
    SELECT {VerificationAnswer.sql("q")} FROM moderation_verificationrequest q
    WHERE q.user_id = %(viewer_id)s"""


def reasons() -> list[orjson.Fragment]:
    """What somebody may complain about, in the operators' order."""
    return fetch_json(REASONS_SQL, {})


def video_report(*, report: Report, media_url: str) -> orjson.Fragment | None:
    return fetch_one_json(VIDEO_ANSWER_SQL, parameters(report, media_url))


def user_report(*, report: Report, media_url: str) -> orjson.Fragment | None:
    return fetch_one_json(USER_ANSWER_SQL, parameters(report, media_url))


def comment_report(*, report: Report, media_url: str) -> orjson.Fragment | None:
    return fetch_one_json(COMMENT_ANSWER_SQL, parameters(report, media_url))


def parameters(report: Report, media_url: str) -> dict[str, object]:
    return {"report_id": report.pk, "viewer_id": report.reporter_id, "media_url": media_url}


def verification(*, user_id: int) -> orjson.Fragment | None:
    """The person's own request."""
    return fetch_one_json(VERIFICATION_SQL, {"viewer_id": user_id})
