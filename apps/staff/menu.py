"""The menu at the left: what an operator works through first, then the tables by topic."""

from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

Item = tuple[str, str, str]  # title, icon, name of the page

# Pages of the dashboard, with the right that they ask for.
DASHBOARD = [
    ("Dashboard", "monitoring", "dashboard:sessions", "capture.view_session"),
    ("Watch rooms", "smart_display", "live:rooms", "live.view_liveroom"),
]
# Each item is shown to who may see the model's list; "/..." is an address for every operator.
GROUPS: list[tuple[str, list[Item]]] = [
    (
        "Queues",
        [
            ("Reports", "flag", "moderation.report"),
            ("Held videos", "visibility_off", "moderation.heldvideo"),
            ("Verification", "verified", "moderation.verificationrequest"),
            ("Payouts", "payments", "wallet.payout"),
            ("Promotions", "campaign", "promotions.promotion"),
            ("Gift flags", "warning", "gifts.flag"),
        ],
    ),
    (
        "People and content",
        [
            ("Users", "group", "users.user"),
            ("Videos", "movie", "videos.video"),
            ("Uploads", "upload", "videos.videoupload"),
            ("Comments", "comment", "videos.videocomment"),
            ("Hashtags", "tag", "videos.hashtag"),
            ("Live rooms", "live_tv", "live.liveroom"),
            ("Audio rooms", "mic", "rooms.audioroom"),
            ("Captures", "radio_button_checked", "capture.session"),
        ],
    ),
    (
        "Money",
        [
            ("Purchases", "shopping_cart", "wallet.purchase"),
            ("Gifts sent", "redeem", "gifts.sentgift"),
            ("Accounts", "account_balance", "wallet.account"),
            ("Ledger", "receipt_long", "wallet.entry"),
            ("Proofs of the books", "fact_check", "wallet.auditrun"),
        ],
    ),
    (
        "Catalogues and settings",
        [
            ("Gifts", "featured_seasonal_and_gifts", "gifts.gift"),
            ("Coin packages", "toll", "wallet.coinpackage"),
            ("Sliders", "view_carousel", "site.appslider"),
            ("Settings of the apps", "tune", "site.appsetting"),
            ("Pages", "article", "site.htmlpage"),
            ("Feed weights", "balance", "videos.feedweights"),
            ("Rules of review", "rule", "moderation.rules"),
            ("Ad settings", "ads_click", "promotions.adsettings"),
        ],
    ),
    (
        "Operators",
        [
            ("Audit log", "history", "audit.auditentry"),
            ("Roles", "shield_person", "auth.group"),
            ("API keys", "key", "access.apikey"),
        ],
    ),
]


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's SIDEBAR navigation: groups with the items that the operator may open."""
    home = reverse("admin:index")
    first: list[dict[str, Any]] = [
        {"title": "Home", "icon": "home", "link": home},
    ]
    for title, icon, page, right in DASHBOARD:
        if request.user.has_perm(right):
            first.append({"title": title, "icon": icon, "link": reverse(page)})
    tables = f"{home}#tables"
    first.append({"title": "All tables", "icon": "table_rows", "link": tables, "active": False})
    if request.user.has_perm("staff.manage_staff"):
        first.append({"title": "Doctor", "icon": "stethoscope", "link": reverse("doctor")})
    groups: list[dict[str, Any]] = [{"title": "", "items": first}]
    for title, items in GROUPS:
        seen = [entry for item in items if (entry := entry_of(item, request))]
        if seen:
            groups.append({"title": title, "separator": True, "items": seen})
    return groups


def entry_of(item: Item, request: HttpRequest) -> dict[str, Any] | None:
    title, icon, name = item
    address = list_address(request, name)
    return {"title": title, "icon": icon, "link": address} if address else None


def list_address(request: HttpRequest, name: str, query: str = "") -> str:
    """The address of a model's list, empty for who may not see it."""
    app, model = name.split(".")
    may_see = request.user.has_perm(f"{app}.view_{model}") or request.user.has_perm(
        f"{app}.change_{model}"
    )
    if not may_see:
        return ""
    try:
        return reverse(f"admin:{app}_{model}_changelist") + query
    except NoReverseMatch:
        return ""


def account_links(request: HttpRequest) -> list[dict[str, str]]:
    return [{"title": "Two-factor sign-in", "link": reverse("own-two-factor")}]
