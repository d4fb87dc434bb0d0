"""What people say about themselves, and how their app behaves."""

from typing import Any

from django.db import IntegrityError, transaction

from apps.contract.answers import Refused
from apps.users import signals
from apps.users.models import PrivacySetting, PushNotificationSetting, User
from apps.users.services import pictures
from apps.users.services.accounts import checked_username, taken_sentence

PLAIN = ("first_name", "last_name", "bio", "website", "gender", "paypal")
LINKS = ("facebook", "instagram", "youtube", "twitter")
FLAGS = {"private": "is_private", "profile_view": "shows_profile_views"}


def edit(*, user_id: int, changes: dict[str, Any]) -> None:
    """Save what was sent, and nothing else. Raises Refused if the username is taken."""
    fields = {name: changes[name] for name in (*PLAIN, *LINKS) if name in changes}
    fields |= {FLAGS[name]: changes[name] for name in FLAGS if name in changes}
    if changes.get("username"):
        fields["username"] = checked_username(changes["username"])
    if not fields:
        return
    try:
        with transaction.atomic():
            User.objects.filter(pk=user_id).update(**fields)
    except IntegrityError as error:
        raise Refused(taken_sentence(error)) from error


def remove_gif(*, user_id: int) -> None:
    pictures.replace(user_id=user_id, profile_gif="")


def set_push_switches(*, user_id: int, switches: dict[str, bool]) -> None:
    """Change the switches that were sent; the row is made if it is missing."""
    PushNotificationSetting.objects.update_or_create(user_id=user_id, defaults=switches)


def set_privacy(*, user_id: int, choices: dict[str, Any]) -> None:
    """Change the settings that were sent; the row is made if it is missing."""
    PrivacySetting.objects.update_or_create(user_id=user_id, defaults=choices)


def set_language(*, user_id: int, language: str) -> None:
    User.objects.filter(pk=user_id).update(language=language)


def set_theme(*, user_id: int, theme: User.Theme) -> None:
    User.objects.filter(pk=user_id).update(theme=theme)


@transaction.atomic
def apply_referral_code(*, user_id: int, code: str) -> None:
    """Say who brought the caller here, once. Raises Refused. Locks the caller's row."""
    user = User.objects.select_for_update().get(pk=user_id)
    if user.referred_by_id:
        raise Refused("You have used a referral code already.")
    referrer = User.objects.filter(
        referral_code=code.upper(), status=User.Status.ACTIVE, created_at__lt=user.created_at
    ).first()
    if referrer is None:
        raise Refused("This referral code can't be used.")
    User.objects.filter(pk=user_id).update(referred_by=referrer)
    signals.referred.send(sender=None, referrer=referrer.id, newcomer=user_id)
