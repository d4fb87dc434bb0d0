"""What the clients are told about chat groups (contract/endpoints.yaml addGroup)."""

from apps.contract.shapes import Shape, integer, media, moment, nested, text
from apps.users.shapes import PublicUser


class GroupShape(Shape):
    id = integer("id")
    title = text("title")
    image = media("image")
    user_id = integer("owner_id")
    created = moment("created_at")


class GroupMember(Shape):
    User = nested(PublicUser, "u")


class GroupAnswer(Shape):
    Group = nested(GroupShape, "g")
