"""What people pick from the catalogues. Each is one transaction."""

from django.db import transaction
from django.db.models import F

from apps.site.models import Interest, InterestPick, Language, LanguagePick, Sticker


@transaction.atomic
def pick_interests(*, user_id: int, interest_ids: set[int]) -> None:
    """Replace the person's interests; ids that are not in the catalogue are left out."""
    InterestPick.objects.filter(user=user_id).exclude(interest__in=interest_ids).delete()
    known = Interest.objects.filter(pk__in=interest_ids).values_list("id", flat=True)
    InterestPick.objects.bulk_create(
        [InterestPick(user_id=user_id, interest_id=interest_id) for interest_id in known],
        ignore_conflicts=True,
    )


@transaction.atomic
def pick_languages(*, user_id: int, language_ids: set[int]) -> None:
    """Replace the languages of clips; an empty set clears them."""
    LanguagePick.objects.filter(user=user_id).exclude(language__in=language_ids).delete()
    known = Language.objects.filter(pk__in=language_ids).values_list("id", flat=True)
    LanguagePick.objects.bulk_create(
        [LanguagePick(user_id=user_id, language_id=language_id) for language_id in known],
        ignore_conflicts=True,
    )


def use_sticker(*, sticker_id: int) -> bool:
    """Count a use; False if there is no such sticker."""
    shown = Sticker.objects.filter(pk=sticker_id, is_shown=True)
    return bool(shown.update(used_count=F("used_count") + 1))
