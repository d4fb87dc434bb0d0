"""Everything about one person, as tables for their page; each only for who may see its rows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.audit.models import AuditEntry
from apps.gifts.models import SentGift
from apps.live.models import LiveRoom
from apps.moderation.models import OperatorAction, Report
from apps.promotions.models import Promotion
from apps.rooms.models import AudioRoom
from apps.staff.menu import list_address
from apps.users.models import AuthToken, Device, User
from apps.videos.models import Video
from apps.wallet.models import Account, Entry, Payout, Purchase

LATEST = 8


@dataclass(frozen=True, slots=True)
class Section:
    """A table of the newest rows, and where all of them are."""

    title: str
    headers: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    link: str


@dataclass(frozen=True, slots=True)
class Topic:
    """`query` is what the list of `model` is asked for, with `{id}` for the person's."""

    title: str
    model: str
    query: str
    headers: tuple[str, ...]
    rows: Callable[[User, HttpRequest], Iterable[tuple[Any, ...]]]


def sections(request: HttpRequest, user: User) -> list[Section]:
    """One statement each, and none for what the operator may not see."""
    found = []
    for topic in TOPICS:
        link = list_address(request, topic.model, topic.query.format(id=user.pk))
        if link:
            rows = [tuple(map(written, row)) for row in topic.rows(user, request)]
            found.append(Section(topic.title, topic.headers, rows, link))
    return found


def written(cell: Any) -> Any:
    return f"{cell:,}" if isinstance(cell, int) else cell


def linked(row: Model, label: object = None) -> SafeString:
    """A link to the page of a row."""
    meta = row._meta
    address = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', address, row.pk if label is None else label)


def when(moment: Any) -> str:
    return moment.strftime("%Y-%m-%d %H:%M") if moment else "-"


def newest(rows: QuerySet) -> QuerySet:
    return rows.order_by("-pk")[:LATEST]


def devices(user: User, request: HttpRequest) -> Iterable[tuple[Any, ...]]:
    live = Count("sessions", filter=Q(sessions__revoked_at=None, sessions__user=user))
    for device in newest(Device.objects.filter(user=user).annotate(live=live)):
        version = f"{device.platform} {device.app_version}".strip() or "-"
        yield linked(device, device.key[:24]), version, device.live, when(device.last_seen_at)


def sign_ins(user: User, request: HttpRequest) -> Iterable[tuple[Any, ...]]:
    for token in newest(AuthToken.objects.filter(user=user)):
        state = f"ended {when(token.revoked_at)}" if token.revoked_at else "works"
        yield linked(token), token.platform or "-", when(token.last_used_at), state


def videos(user: User, request: HttpRequest) -> Iterable[tuple[Any, ...]]:
    for video in newest(Video.objects.filter(user=user)):
        state = f"{video.state}, hidden" if video.block else video.state
        yield linked(video), video.description[:60], state, video.view_count, when(video.created_at)


def accounts(user: User, request: HttpRequest) -> Iterable[tuple[Any, ...]]:
    for account in Account.objects.filter(owner=user).order_by("kind"):
        yield linked(account, account.get_kind_display()), account.balance, account.credited


def entries(user: User, request: HttpRequest) -> Iterable[tuple[Any, ...]]:
    rows = Entry.objects.filter(account__owner=user).select_related("transfer", "account")
    for entry in newest(rows):
        transfer = entry.transfer
        yield (
            when(transfer.created_at),
            linked(transfer, transfer.get_reason_display()),
            entry.account.get_kind_display(),
            f"{entry.amount:+,}",
            entry.balance_after,
        )


def purchases(user: User, request: HttpRequest) -> Iterable[tuple[Any, ...]]:
    may_refund = request.user.has_perm("wallet.change_purchase")
    for bought in newest(Purchase.objects.filter(user=user)):
        refund: object = f"refunded {when(bought.refunded_at)}" if bought.refunded_at else ""
        if may_refund and not bought.refunded_at:
            address = reverse("admin:wallet_purchase_refund", args=[bought.pk])
            refund = format_html('<a href="{}">Refund</a>', address)
        yield (
            linked(bought),
            bought.coins,
            bought.price,
            bought.store,
            when(bought.created_at),
            refund,
        )


def payouts(user: User, request: HttpRequest) -> Iterable[tuple[Any, ...]]:
    for payout in newest(Payout.objects.filter(user=user)):
        yield linked(payout), payout.coins, payout.amount, payout.status, when(payout.created_at)


def gifts(side: str, other: str) -> Callable[[User, HttpRequest], Iterable[tuple[Any, ...]]]:
    def rows(user: User, request: HttpRequest) -> Iterable[tuple[Any, ...]]:
        sent = SentGift.objects.filter(**{side: user}).select_related(other, "gift")
        for gift in newest(sent):
            name = f"{gift.count} x {gift.gift.title}"
            yield (
                linked(gift, name),
                gift.coins,
                linked(getattr(gift, other), getattr(gift, other)),
                when(gift.created_at),
            )

    return rows


def reports(side: str, other: str) -> Callable[[User, HttpRequest], Iterable[tuple[Any, ...]]]:
    def rows(user: User, request: HttpRequest) -> Iterable[tuple[Any, ...]]:
        made = Report.objects.filter(**{side: user}).select_related(other)
        for report in newest(made):
            who = getattr(report, other)
            what = f"{report.kind} {report.target_id}"
            yield (
                linked(report),
                what,
                report.reason_title,
                linked(who, who) if who else "-",
                report.state,
                when(report.created_at),
            )

    return rows


def live_rooms(user: User, request: HttpRequest) -> Iterable[tuple[Any, ...]]:
    for room in newest(LiveRoom.objects.filter(host=user)):
        yield linked(room), room.title, room.status, room.viewers_peak, when(room.created_at)


def audio_rooms(user: User, request: HttpRequest) -> Iterable[tuple[Any, ...]]:
    for room in newest(AudioRoom.objects.filter(host=user)):
        yield linked(room), room.title, when(room.created_at), when(room.ended_at)


def promotions(user: User, request: HttpRequest) -> Iterable[tuple[Any, ...]]:
    for each in newest(Promotion.objects.filter(user=user)):
        yield (
            linked(each),
            each.state,
            each.coins,
            f"{each.reach} of {each.total_reach}",
            when(each.start_at),
        )


def sanctions(user: User, request: HttpRequest) -> Iterable[tuple[Any, ...]]:
    rows = OperatorAction.objects.filter(user=user).select_related("operator")
    for each in newest(rows):
        yield when(each.created_at), each.get_kind_display(), each.operator, each.reason


def history(user: User, request: HttpRequest) -> Iterable[tuple[Any, ...]]:
    for entry in newest(AuditEntry.objects.filter(person_id=user.pk)):
        yield (
            linked(entry, when(entry.at)),
            entry.operator_name,
            entry.action or entry.get_kind_display(),
            entry.reason,
        )


MADE = "when"
TOPICS = [
    Topic(
        "What operators did",
        "moderation.operatoraction",
        "?q={id}",
        (MADE, "what", "who", "why"),
        sanctions,
    ),
    Topic(
        "Audit log",
        "audit.auditentry",
        "?person_id={id}",
        (MADE, "who", "what", "why"),
        history,
    ),
    Topic(
        "Reports about them",
        "moderation.report",
        "?accused__id__exact={id}",
        ("report", "of", "reason", "by", "state", MADE),
        reports("accused", "reporter"),
    ),
    Topic(
        "Reports by them",
        "moderation.report",
        "?reporter__id__exact={id}",
        ("report", "of", "reason", "about", "state", MADE),
        reports("reporter", "accused"),
    ),
    Topic(
        "Wallet", "wallet.account", "?owner__id__exact={id}", ("account", "coins", "ever"), accounts
    ),
    Topic(
        "Last entries in the books",
        "wallet.entry",
        "?account__owner__id__exact={id}",
        (MADE, "transfer", "account", "coins", "after"),
        entries,
    ),
    Topic(
        "Purchases",
        "wallet.purchase",
        "?user__id__exact={id}",
        ("purchase", "coins", "US dollars", "store", MADE, ""),
        purchases,
    ),
    Topic(
        "Payouts",
        "wallet.payout",
        "?user__id__exact={id}",
        ("payout", "coins", "US dollars", "state", MADE),
        payouts,
    ),
    Topic(
        "Gifts sent",
        "gifts.sentgift",
        "?sender__id__exact={id}",
        ("gift", "coins", "to", MADE),
        gifts("sender", "receiver"),
    ),
    Topic(
        "Gifts received",
        "gifts.sentgift",
        "?receiver__id__exact={id}",
        ("gift", "coins", "from", MADE),
        gifts("receiver", "sender"),
    ),
    Topic(
        "Videos",
        "videos.video",
        "?user__id__exact={id}",
        ("video", "description", "state", "views", MADE),
        videos,
    ),
    Topic(
        "Live rooms",
        "live.liveroom",
        "?host__id__exact={id}",
        ("room", "title", "state", "most viewers", MADE),
        live_rooms,
    ),
    Topic(
        "Audio rooms",
        "rooms.audioroom",
        "?host__id__exact={id}",
        ("room", "title", MADE, "ended"),
        audio_rooms,
    ),
    Topic(
        "Promotions",
        "promotions.promotion",
        "?user__id__exact={id}",
        ("promotion", "state", "coins", "reach", "from"),
        promotions,
    ),
    Topic(
        "Devices",
        "users.device",
        "?user__id__exact={id}",
        ("device", "app", "sign-ins", "last seen"),
        devices,
    ),
    Topic(
        "Sign-ins",
        "users.authtoken",
        "?user__id__exact={id}",
        ("sign-in", "platform", "last used", "state"),
        sign_ins,
    ),
]
