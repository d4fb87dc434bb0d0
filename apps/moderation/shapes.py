"""What the clients are told about reports and verification.

Sources: contract/ios/models.schema.json (ReportMsg, ReportDescriptionVideoMsg,
VerificationRequest), android/endpoints.json showReportReasons, contract/endpoints.yaml.
"""

from apps.contract.shapes import Field, Shape, constant, flag, integer, moment, nested, text
from apps.users.shapes import PublicUser
from apps.videos.shapes import VideoShape


class ReasonShape(Shape):
    id = integer("id")
    title = text("title")
    reason = text("title")
    created = moment("created_at")


class ReasonItem(Shape):
    ReportReason = nested(ReasonShape, "r")


class ReportShape(Shape):
    id = integer("id")
    user_id = integer("reporter_id")
    report_reason_id = integer("reason_id")
    report_reason_title = text("reason_title")
    description = text("description")
    created = moment("created_at")


class ReportVideoShape(ReportShape):
    video_id = integer("target_id")


class ReportUserShape(ReportShape):
    report_user_id = integer("target_id")


class ReportCommentShape(ReportShape):
    comment_id = integer("target_id")


class ReportCommentAnswer(Shape):
    """A report `p` by `me` of a comment."""

    ReportComment = nested(ReportCommentShape, "p")
    User = nested(PublicUser, "me")


class ReportVideoAnswer(Shape):
    """A report `p` by `me` of the video `v`; when iOS meant a person, Video is empty."""

    ReportVideo = nested(ReportVideoShape, "p")
    User = nested(PublicUser, "me")
    Video = Field(
        f"CASE WHEN v.id IS NULL THEN '{{\"id\": 0}}'::json ELSE {VideoShape.sql('v')} END",
        "{source}",
        VideoShape.schema(),
    )


class ReportUserAnswer(Shape):
    """A report `p` by `me` of the person `u` for the reason `r`."""

    ReportUser = nested(ReportUserShape, "p")
    User = nested(PublicUser, "me")
    Report = nested(PublicUser, "u")
    ReportReason = nested(ReasonShape, "r", when="r.id IS NOT NULL")


class VerificationShape(Shape):
    """The person's request; where the document is kept is nobody's business."""

    id = integer("id")
    user_id = integer("user_id")
    name = text("name")
    attachment = constant("")
    verified = flag("{t}.state = 'approved'")
    update_time = moment("updated_at")
    created = moment("created_at")


class VerificationAnswer(Shape):
    VerificationRequest = nested(VerificationShape, "q")
