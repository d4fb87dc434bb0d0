"""What the clients are told about a notification.

Sources: contract/ios/models.schema.json (NotificationReponseMsg), android/endpoints.json
showAllNotifications, contract/conflicts.md "Money, gifts, live, notifications".
"""

from apps.contract.shapes import Shape, constant, flag, integer, moment, nested, text
from apps.users.shapes import PublicUser
from apps.videos.shapes import VideoShape


class NotificationShape(Shape):
    """One row. Neither client has a screen for follow requests: they show as `following`, the
    row that carries a follow button, and following back is how such a request is accepted."""

    id = integer("id")
    sender_id = integer("sender_id")
    receiver_id = integer("receiver_id")
    type = text("CASE {t}.type WHEN 'follow_request' THEN 'following' ELSE {t}.type END")
    string = text("text")
    message = text("text")
    video_id = integer("video_id")
    live_streaming_id = integer("live_streaming_id")
    room_id = integer("room_id")
    group_id = integer("group_id")
    order_id = constant(0)
    status = text("status")
    read = flag("read")
    created = moment("created_at")


class InboxItem(Shape):
    """A notification `n` with its sender `u`, receiver `me` and video `v` (or null)."""

    Notification = nested(NotificationShape, "n")
    Sender = nested(PublicUser, "u")
    User = nested(PublicUser, "u")
    Receiver = nested(PublicUser, "me")
    Video = nested(VideoShape, "v", when="v.id IS NOT NULL")
