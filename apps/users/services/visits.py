"""Who looked at whose profile, and who passed it on."""

from apps.contract.answers import Refused
from apps.users.models import ProfileShare, ProfileVisit, User


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


def record_share(*, sharer_id: int, profile_id: int, platform: str) -> None:
    """Note that a profile's address was passed on. Raises Refused if it does not exist."""
    if platform not in ProfileShare.Platform.values:
        raise Refused(f"Platform: one of {', '.join(ProfileShare.Platform.values)} is needed.")
    if not User.objects.filter(pk=profile_id, status=User.Status.ACTIVE).exists():
        raise Refused("This account does not exist.")
    ProfileShare.objects.create(sharer_id=sharer_id, profile_id=profile_id, platform=platform)
