"""Chat groups. The chat itself lives outside of this server; who belongs to it is kept here."""

from django.db import models

from apps.users.models import User


class ChatGroup(models.Model):
    """A group that people chat in."""

    title = models.CharField(max_length=100)
    image = models.CharField(max_length=500, blank=True, help_text="storage name")
    owner = models.ForeignKey(User, models.CASCADE, related_name="chat_groups")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.title


class Membership(models.Model):
    """Somebody who was invited and came. The owner is a member from the start."""

    group = models.ForeignKey(ChatGroup, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="chat_memberships")
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint("group", "user", name="groups_member_once")]

    def __str__(self) -> str:
        return f"user {self.user_id} in group {self.group_id}"
