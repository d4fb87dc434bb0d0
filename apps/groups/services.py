"""Making groups and asking people in. Each is one transaction."""

import secrets

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from apps.contract.answers import Refused
from apps.groups.models import ChatGroup, Membership
from apps.notifications.models import Notification
from apps.notifications.services import notify
from apps.users.models import User
from apps.users.services import pictures

MAX_MEMBERS = 500
IMAGE_PX = 480
NO_GROUP = "This group does not exist."
NO_INVITATION = "This invitation does not exist."
Status = Notification.Status


@transaction.atomic
def save_group(
    *, owner_id: int, title: str, image: object = None, group_id: int | None = None
) -> ChatGroup:
    """Make a group, or change one's own. Raises Refused for somebody else's and for what is no
    picture. Locks the group that is changed."""
    if group_id is None:
        group = ChatGroup.objects.create(owner_id=owner_id, title=title)
        Membership.objects.create(group=group, user_id=owner_id)
    else:
        group = own_group(owner_id, group_id)
        ChatGroup.objects.filter(pk=group.pk).update(title=title)
    if image:
        replace_image(group, image)
    return group


def own_group(owner_id: int, group_id: int) -> ChatGroup:
    """The group, locked. Raises Refused unless it belongs to the person."""
    owned = ChatGroup.objects.select_for_update().filter(pk=group_id, owner_id=owner_id)
    group = owned.first()
    if group is None:
        raise Refused(NO_GROUP)
    return group


def replace_image(group: ChatGroup, image: object) -> None:
    """Keep a new picture; the old one's file goes on commit."""
    content = pictures.jpeg(pictures.opened(pictures.bytes_of(image)), IMAGE_PX)
    old = group.image
    name = f"groups/{group.pk}/{secrets.token_hex(8)}.jpg"
    group.image = default_storage.save(name, ContentFile(content))
    ChatGroup.objects.filter(pk=group.pk).update(image=group.image)
    if old:
        transaction.on_commit(lambda: default_storage.delete(old))


@transaction.atomic
def invite(*, member_id: int, group_id: int, user_id: int) -> int:
    """Ask somebody into a group; the id of their notification. Raises Refused.

    Locks the group's row, so that it does not outgrow MAX_MEMBERS.
    """
    group = (
        ChatGroup.objects.select_for_update()
        .filter(pk=group_id, memberships__user=member_id)
        .first()
    )
    if group is None:
        raise Refused(NO_GROUP)
    if group.memberships.filter(user=user_id).exists():
        raise Refused("This person is in the group already.")
    made = notify(
        receiver_id=user_id,
        sender_id=member_id,
        type=Notification.Type.GROUP_INVITE,
        text=f"You are invited to the group {group.title}",
        group_id=group_id,
    )
    if made is not None:
        return made
    if not User.objects.filter(pk=user_id, status=User.Status.ACTIVE).exists():
        raise Refused("This account does not exist.")
    raise Refused("This person was invited already or can't be invited.")


@transaction.atomic
def answer_invitation(*, user_id: int, notification_id: int, status: int) -> None:
    """Come into a group, or stay away. The answer can be changed. Raises Refused.

    Locks the invitation, then the group's row.
    """
    invitation = (
        Notification.objects.select_for_update()
        .filter(pk=notification_id, receiver=user_id, type=Notification.Type.GROUP_INVITE)
        .first()
    )
    if invitation is None:
        raise Refused(NO_INVITATION)
    group = ChatGroup.objects.select_for_update().filter(pk=invitation.group_id).first()
    if group is None:
        raise Refused(NO_GROUP)
    if status == Status.ACCEPTED:
        join(group, user_id)
    else:
        group.memberships.filter(user=user_id).exclude(user=group.owner_id).delete()
    Notification.objects.filter(pk=invitation.pk).update(status=status, read=True)


def join(group: ChatGroup, user_id: int) -> None:
    """Add a member. The caller has locked the group."""
    if group.memberships.count() >= MAX_MEMBERS:
        raise Refused("This group is full.")
    Membership.objects.get_or_create(group=group, user_id=user_id)
