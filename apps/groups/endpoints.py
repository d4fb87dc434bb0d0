"""Chat groups. Neither shipped app calls these; older and later builds do."""

from typing import Any

from rest_framework import serializers

from apps.contract import inputs
from apps.contract.answers import ContractValue, Refused
from apps.contract.endpoint import Endpoint
from apps.contract.fields import IdField, IntField, LenientMixin, PageField, TextField
from apps.contract.paging import Pages
from apps.contract.throttle import Rate
from apps.contract.urls import media_url
from apps.groups import selectors, services
from apps.groups.shapes import GroupAnswer, GroupMember
from apps.notifications.selectors import inbox_item
from apps.notifications.shapes import InboxItem
from apps.users.callers import Caller


class ImageField(LenientMixin, serializers.Field):
    """A picture in base64, as `{"file_data": base64}`, or as an upload."""

    def to_internal_value(self, data: Any) -> Any:
        return data

    def to_representation(self, value: Any) -> str:
        return ""


class AddGroup(Endpoint):
    """Make a chat group, or with `id` change one's own."""

    group = "social"
    throttle = Rate.WRITE
    answer = GroupAnswer

    class Input(inputs.Input):
        id = IdField(required=False)
        title = TextField(max_length=100)
        image = ImageField(required=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        group = services.save_group(
            owner_id=caller.id,
            title=data["title"],
            image=data.get("image"),
            group_id=data.get("id"),
        )
        return selectors.group_record(group_id=group.pk, media_url=media_url(self.request))


class InviteUserToGroup(Endpoint):
    """Ask somebody (`user_id`) into a group that the caller is in."""

    group = "social"
    throttle = Rate.WRITE
    actor_keys = ("sender_id",)  # user_id is the person who is invited
    answer = InboxItem

    class Input(inputs.Input):
        group_id = IdField()
        user_id = IdField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        made = services.invite(
            member_id=caller.id, group_id=data["group_id"], user_id=data["user_id"]
        )
        return inbox_item(
            notification_id=made, viewer_id=caller.id, media_url=media_url(self.request)
        )


class AcceptGroupInvite(Endpoint):
    """Answer an invitation: `status` 1 comes into the group, 2 stays away."""

    group = "social"
    throttle = Rate.WRITE
    answer = InboxItem

    class Input(inputs.Input):
        id = IdField(help_text="the notification")
        status = IntField(min_value=1, max_value=2)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        services.answer_invitation(
            user_id=caller.id, notification_id=data["id"], status=data["status"]
        )
        return inbox_item(
            notification_id=data["id"], viewer_id=caller.id, media_url=media_url(self.request)
        )


class ShowClubMembers(Endpoint):
    """The members of a chat group that the caller belongs to; `club_id` is the group.

    The Android app has the call but no way to its screen (contract/android/endpoints.json).
    """

    group = "social"
    answer = [GroupMember]

    class Input(inputs.Input):
        club_id = IdField()
        starting_point = PageField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        club_id = data["club_id"]
        members = selectors.members_page(
            pages=Pages("members", caller, data["starting_point"], club_id),
            group_id=club_id,
            viewer_id=caller.id,
            media_url=media_url(self.request),
        )
        if not members:
            raise Refused("There is nobody to show.")
        return members
