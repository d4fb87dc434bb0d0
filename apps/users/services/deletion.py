"""Leaving: hidden from the public at once, personal data removed after a grace period.

What hangs on a person with CASCADE goes with them. What is protected (the ledger, purchases,
gifts) stays, and belongs to a row without a name.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import CASCADE, F, FileField, ProtectedError, QuerySet
from django.db.models.fields.files import FieldFile
from django.utils import timezone

from apps.users import tokens
from apps.users.models import Device, User
from apps.users.services import pictures

logger = logging.getLogger(__name__)
PURGES_PER_RUN = 1000
# Fields that say who a person is, and what they hold afterwards.
NAMELESS = {
    **dict.fromkeys(("email", "phone", "first_name", "last_name", "gender", "bio"), ""),
    **dict.fromkeys(("website", "profile_pic", "profile_pic_small", "profile_gif"), ""),
    **dict.fromkeys(("social", "city", "country", "paypal", "referral_code"), ""),
    **dict.fromkeys(("facebook", "instagram", "youtube", "twitter", "ban_reason"), ""),
    **dict.fromkeys(("dob", "email_verified_at", "last_seen_at", "last_login"), None),
    "referred_by": None,
}
PICTURES = ("profile_pic", "profile_pic_small", "profile_gif")
# What other apps do with a person's files before the rows go: functions of the user's id.
before_purge: list[Callable[[int], None]] = []


@transaction.atomic
def delete_account(*, user_id: int) -> None:
    """Hide the account from everyone, end its sign-ins and its pushes."""
    active = User.objects.filter(pk=user_id).exclude(status=User.Status.DELETED)
    if active.update(status=User.Status.DELETED, deleted_at=timezone.now()):
        tokens.revoke_all(user_id=user_id)
        Device.objects.filter(user_id=user_id).update(user=None, push_token="")


def restore_account(*, user_id: int) -> bool:
    """An operator's undo within the grace period; the person signs in anew. False if too late."""
    kept = User.objects.filter(pk=user_id, status=User.Status.DELETED, purged_at=None)
    return bool(kept.update(status=User.Status.ACTIVE, deleted_at=None))


def purge_due() -> int:
    """Purge the accounts whose grace period is over; the rest waits for the next run."""
    before = timezone.now() - timedelta(days=settings.ACCOUNT_GRACE_DAYS)
    due = User.objects.filter(status=User.Status.DELETED, purged_at=None, deleted_at__lte=before)
    purged = 0
    for user_id in due.order_by("deleted_at").values_list("id", flat=True)[:PURGES_PER_RUN]:
        purged += purge(user_id=user_id)
    return purged


@transaction.atomic
def purge(*, user_id: int) -> bool:
    """Remove a deleted person's data for good. Locks their row; False if another run has it."""
    user = (
        User.objects.select_for_update(skip_locked=True)
        .filter(pk=user_id, status=User.Status.DELETED, purged_at=None)
        .first()
    )
    if user is None:
        return False
    for prepare in before_purge:
        prepare(user_id)
    names = [getattr(user, field) for field in PICTURES]
    uncount_follows(user_id)
    delete_what_hangs_on(user)
    user.set_unusable_password()
    User.objects.filter(pk=user_id).update(
        username=f"deleted_{user_id}", password=user.password, purged_at=timezone.now(), **NAMELESS
    )
    transaction.on_commit(lambda: pictures.delete_files(names))
    return True


def uncount_follows(user_id: int) -> None:
    """Whom they followed loses a follower, and their followers follow one less."""
    User.objects.filter(followers__follower=user_id, followers_count__gt=0).update(
        followers_count=F("followers_count") - 1
    )
    User.objects.filter(following__followed=user_id, following_count__gt=0).update(
        following_count=F("following_count") - 1
    )


def delete_what_hangs_on(user: User) -> None:
    for relation in User._meta.related_objects:
        if getattr(relation, "on_delete", None) is not CASCADE:
            continue
        rows = relation.related_model._default_manager.filter(**{relation.field.name: user})
        files = files_of(rows)
        try:
            with transaction.atomic():
                rows.delete()
                transaction.on_commit(partial(remove_files, files))
        except ProtectedError:
            logger.warning("Kept for the books: %s of user %s", relation.name, user.pk)


def files_of(rows: QuerySet) -> list[FieldFile]:
    """The files of these rows themselves, wherever they are stored (identity documents)."""
    names = [field.name for field in rows.model._meta.fields if isinstance(field, FileField)]
    if not names:
        return []
    return [file for row in rows for name in names if (file := getattr(row, name))]


def remove_files(files: list[FieldFile]) -> None:
    for file in files:
        file.storage.delete(str(file.name))
