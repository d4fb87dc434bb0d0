"""Who looked at whose profile."""

from apps.users.models import ProfileVisit


def record_visit(*, visitor_id: int, visited_id: int) -> None:
    """Note that one person looked at another's profile; the latest look counts."""
    ProfileVisit.objects.bulk_create(
        [ProfileVisit(visitor_id=visitor_id, visited_id=visited_id)],
        update_conflicts=True,
        unique_fields=["visited", "visitor"],
        update_fields=["seen", "visited_at"],
    )


def mark_seen(*, visited_id: int) -> None:
    """The person has seen who looked at their profile."""
    ProfileVisit.objects.filter(visited_id=visited_id, seen=False).update(seen=True)
