"""Everything that is kept about a person, for the person."""

from typing import Any

from django.core.serializers.python import Serializer
from django.db.models import Model
from django.db.models.fields.related import ForeignObjectRel

from apps.users.models import User

MAX_ROWS_EACH = 10_000
# Secrets, and what says something about others.
LEFT_OUT = {"password", "digest", "push_token", "auth_token", "key", "publish_key", "secret"}
NOT_THEIRS = {"moderation", "admin"}


def data_of(*, user_id: int) -> dict[str, Any]:
    """The person's row and every row that points at it, by table, newest first.

    No secrets, no reports about them; at most MAX_ROWS_EACH rows of a table.
    """
    user = User.objects.get(pk=user_id)
    data: dict[str, Any] = {"user": plain([user])}
    for relation in User._meta.related_objects:
        model = relation.related_model
        if isinstance(model, str) or model._meta.app_label in NOT_THEIRS:
            continue
        rows = rows_of(relation, user)
        if rows:
            data[f"{model._meta.label_lower}.{relation.field.name}"] = plain(rows)
    return data


def rows_of(relation: ForeignObjectRel, user: User) -> list[Model]:
    manager = relation.related_model._default_manager
    rows = manager.filter(**{relation.field.name: user}).order_by("-pk")
    return list(rows[:MAX_ROWS_EACH])


def plain(rows: list[Model]) -> list[dict[str, Any]]:
    serialized = Serializer().serialize(rows)
    return [
        {"id": str(row["pk"])}
        | {
            name: value if isinstance(value, str | int | bool | list) else str(value or "")
            for name, value in row["fields"].items()
            if name not in LEFT_OUT
        }
        for row in serialized
    ]
