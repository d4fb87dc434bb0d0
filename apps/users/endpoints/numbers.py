"""A creator's own numbers."""

from typing import Any

from apps.contract import inputs
from apps.contract.answers import ContractValue, Refused
from apps.contract.endpoint import Endpoint
from apps.contract.fields import DateField
from apps.contract.shapes import text
from apps.users.analytics import analytics
from apps.users.callers import Caller


class ShowAnalytics(Endpoint):
    """The caller's views, likes, visits and followers by day. Only the dates of the range count."""

    group = "users"
    answer = {"Stats": {"total_video_views": text("count"), "total_followers": text("count")}}

    class Input(inputs.Input):
        start_datetime = DateField()
        end_datetime = DateField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        start, end = data["start_datetime"], data["end_datetime"]
        if start > end:
            raise Refused("The range must end after it begins.")
        return {"Stats": analytics(user_id=caller.id, start=start, end=end)}
