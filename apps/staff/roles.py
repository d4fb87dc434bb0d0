"""Roles: groups of operators with the rights that their work needs, and no others.

Each `migrate` gives the groups exactly what stands here. Who needs something in between makes a
group of another name.
"""

from fnmatch import fnmatchcase

from django.contrib.auth.models import Group, Permission
from django.db.models import F, Value
from django.db.models.functions import Concat

MODERATOR, FINANCE, SUPPORT = "Moderator", "Finance", "Support"
ANALYST, ADMIN = "Analyst", "Admin"

# Patterns of "<app>.<permission>".
ROLES: dict[str, tuple[str, ...]] = {
    # Looks at what people do, and stops it. No money.
    MODERATOR: (
        *("users.view_user", "users.view_follow", "users.view_block"),
        *("videos.view_*", "videos.change_hashtag"),
        *("moderation.view_*", "moderation.change_report", "moderation.change_heldvideo"),
        *("moderation.change_verificationrequest", "promotions.view_promotion"),
        *("live.view_*", "live.change_liveroom", "rooms.view_*", "rooms.change_audioroom"),
        *("groups.view_*", "notifications.view_notification"),
        *("staff.warn_people", "staff.ban_people", "staff.reset_profiles"),
    ),
    # Looks at money and moves it. Bans nobody.
    FINANCE: (
        *("users.view_user", "wallet.view_*", "wallet.change_payout", "wallet.change_purchase"),
        *("wallet.change_coinpackage", "wallet.add_coinpackage", "wallet.add_auditrun"),
        *("wallet.add_freeze", "wallet.change_freeze", "wallet.delete_freeze"),
        *("gifts.view_*", "gifts.change_flag", "promotions.view_*", "promotions.change_promotion"),
        "staff.export_lists",
    ),
    # Looks at what somebody asks about, and lets them in again.
    SUPPORT: (
        *("users.view_*", "videos.view_video", "videos.view_videoupload", "videos.view_sound"),
        *("wallet.view_account", "wallet.view_entry", "wallet.view_transfer"),
        *("wallet.view_purchase", "wallet.view_waitingpurchase", "wallet.view_payout"),
        *("gifts.view_gift", "gifts.view_sentgift", "promotions.view_promotion"),
        *("live.view_liveroom", "rooms.view_audioroom", "moderation.view_report"),
        *("notifications.view_*", "notifications.change_push", "site.view_*"),
        *("staff.reset_profiles", "staff.reset_accounts", "staff.export_people"),
    ),
    # Captures lives and looks at what was captured. Nothing of people's accounts, no money.
    ANALYST: (
        *("capture.view_*", "capture.change_session", "exports.view_export"),
        *("exports.add_export", "exports.delete_export"),
        *("overlays.view_overlay", "overlays.add_overlay", "overlays.change_overlay"),
    ),
    # Everything but the groups themselves and superusers.
    ADMIN: (
        *("users.*", "site.*", "wallet.*", "gifts.*", "videos.*", "promotions.*", "live.*"),
        *("capture.*", "exports.*", "overlays.*", "access.*", "notifications.*"),
        *("moderation.*", "groups.*", "rooms.*", "operations.*", "staff.*"),
        *("audit.view_auditentry", "auth.view_group"),
    ),
}


def renew(*, using: str = "default") -> None:
    """Make the groups that are missing, and give each the permissions of its patterns."""
    permissions = dict(
        Permission.objects.using(using)
        .annotate(name_of=Concat(F("content_type__app_label"), Value("."), F("codename")))
        .values_list("pk", "name_of")
    )
    for role, patterns in ROLES.items():
        group, _ = Group.objects.using(using).get_or_create(name=role)
        wanted = {
            pk
            for pk, name in permissions.items()
            if any(fnmatchcase(name, pattern) for pattern in patterns)
        }
        if wanted != set(group.permissions.values_list("pk", flat=True)):
            group.permissions.set(wanted)
