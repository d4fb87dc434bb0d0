"""The activity list, and pushes for the chat, which lives outside of this API."""

from typing import Any

from apps.contract import inputs
from apps.contract.answers import ContractValue, Refused
from apps.contract.endpoint import Endpoint
from apps.contract.fields import IdField, JsonField, PageField, TextField
from apps.contract.paging import Pages
from apps.contract.throttle import Rate
from apps.contract.urls import media_url
from apps.notifications import selectors, services
from apps.notifications.shapes import InboxItem
from apps.users.callers import Caller

MAX_RECEIVERS = 50


class ShowAllNotifications(Endpoint):
    """The caller's activity list, newest first; 201 past its end. Reading marks nothing as read."""

    group = "notifications"
    answer = [InboxItem]

    class Input(inputs.Input):
        starting_point = PageField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        pages = Pages("notifications", caller, data["starting_point"])
        items = selectors.inbox_page(
            pages=pages, viewer_id=caller.id, media_url=media_url(self.request)
        )
        if not items:
            raise Refused("There are no notifications.")
        return items


class ShowUnReadNotifications(Endpoint):
    """How many notifications the caller has not read."""

    group = "notifications"
    answer = {"unread_count": 0}

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        return {"unread_count": selectors.unread_count(viewer_id=caller.id)}


class ReadNotification(Endpoint):
    """Mark one notification as read, or all without `notification_id`. `msg` is a text."""

    group = "notifications"
    throttle = Rate.WRITE
    answer = "success"

    class Input(inputs.Input):
        notification_id = IdField(required=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        services.mark_read(receiver_id=caller.id, notification_id=data.get("notification_id"))
        return "success"


class MessagePush(Endpoint):
    """The base of both spellings of a push for a chat message."""

    abstract = True
    group = "notifications"
    throttle = Rate.WRITE
    actor_keys = ("user_id", "sender_id")
    answer = "success"

    class Input(inputs.Input):
        receiver_id = IdField(required=False)
        receivers = JsonField(required=False, help_text='[{"receiver_id": 2}, ...], at most 50')
        title = TextField(max_length=200, required=False, help_text="not used: the sender's name")
        message = TextField(max_length=2000)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        receivers = read_receivers(data)
        may = services.push_message(
            receiver_ids=receivers, sender_id=caller.id, text=data["message"]
        )
        if not may:
            raise Refused("You can't send messages to this person.")
        return "success"


def read_receivers(data: dict[str, Any]) -> list[int]:
    """The ids from `receiver_id` or from `receivers`. Raises Refused if there are none."""
    given = data.get("receivers") or []
    ids = [data["receiver_id"]] if data.get("receiver_id") else []
    for item in given if isinstance(given, list) else []:
        text = str(item.get("receiver_id", "") if isinstance(item, dict) else item)
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise Refused("Receivers: ids are needed.")
        ids.append(int(text))
    if not ids:
        raise Refused("Please choose who should get the message.")
    if len(ids) > MAX_RECEIVERS:
        raise Refused(f"Please choose at most {MAX_RECEIVERS} people.")
    return list(dict.fromkeys(ids))


class SendMessageNotification(MessagePush):
    """A push about a chat message to one person or several.

    People who have blocked the caller, or take no messages from them, get none; the title is
    the caller's name whatever is sent.
    """


class SendNotification(MessagePush):
    """The older name of sendMessageNotification."""
