"""The call-back of an outside service that looks at videos."""

import hashlib
import hmac
from typing import Any

from django.conf import settings

from apps.contract import inputs
from apps.contract.answers import ContractValue, NoIdentity
from apps.contract.endpoint import NONE, Endpoint
from apps.contract.fields import IdField, JsonField
from apps.contract.throttle import Rate
from apps.moderation.models import HeldVideo
from apps.moderation.services import review
from apps.users.callers import Caller
from apps.videos.review import Doubt

SIGNATURE = "X-Signature"


class GetVideoDetection(Endpoint):
    """A moderation service tells what it has seen in a video.

    The header X-Signature proves it: the body's HMAC-SHA256 with VIDEO_DETECTION_SECRET, in hex.
    A label that holds one of VIDEO_DETECTION_LABELS holds the video for review.
    """

    group = "videos"
    auth = NONE
    throttle = Rate.WRITE
    answer = ""

    class Input(inputs.Input):
        file_id = IdField(help_text="the video's id")
        ModerationResult = JsonField(required=False, help_text="{Name, ParentName}: the top label")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        self.check_signature()
        label = label_of(data.get("ModerationResult"))
        if any(word in label.lower() for word in settings.VIDEO_DETECTION_LABELS):
            doubt = Doubt(HeldVideo.Reason.CLASSIFIER, label[:300])
            review.hold_unless_decided(video_id=data["file_id"], doubt=doubt)
        return ""

    def check_signature(self) -> None:
        """Raises NoIdentity for a call that is not signed with our secret."""
        secret = settings.VIDEO_DETECTION_SECRET
        given = self.request.headers.get(SIGNATURE, "").strip().lower()
        body = b"" if self.request.content_type == "multipart/form-data" else self.request.body
        expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        if not secret or not hmac.compare_digest(given.encode(), expected.encode()):
            raise NoIdentity("This call is not signed.")


def label_of(result: Any) -> str:
    """The label and what it belongs to, as one text."""
    found = result if isinstance(result, dict) else {}
    return " / ".join(str(found[key]) for key in ("ParentName", "Name") if found.get(key))
