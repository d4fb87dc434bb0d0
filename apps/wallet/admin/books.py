"""Operators' view of the books. The ledger is read here and never changed."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from unfold.admin import TabularInline
from unfold.decorators import action

from apps.wallet import models
from apps.wallet.services.refunds import refund_by_operator
from config.admin import KeptAdmin, ModelAdmin, OptionalReasonForm, asks, noted
from config.csv_export import CsvExport

LATEST = 50
HEAD = (
    "<tr>"
    + "".join(
        f'<th style="text-align:{side};padding:4px 16px 4px 0">{title}</th>'
        for title, side in (
            *(("No.", "right"), ("When (UTC)", "left"), ("Transfer", "left"), ("Reason", "left")),
            *(("Coins", "right"), ("Balance after", "right")),
        )
    )
    + "</tr>"
)
CELL = '<td style="padding:4px 16px 4px 0">{}</td>'
NUMBER = '<td style="padding:4px 16px 4px 0;text-align:right">{}</td>'
LINK = '<td style="padding:4px 16px 4px 0;text-decoration:underline"><a href="{}">{}</a></td>'
LINE = f"<tr>{NUMBER}{CELL}{LINK}{CELL}{NUMBER}{NUMBER}</tr>"


class BooksAdmin(KeptAdmin):
    """Rows of the ledger: not even deleted."""


class LinesInline(TabularInline):
    """Entries of one transfer, to read."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("account__owner")


class EntryInline(LinesInline):
    model = models.Entry
    fields = ("account", "sequence", "amount", "balance_after")


class PendingEntryInline(LinesInline):
    model = models.PendingEntry
    fk_name = "transfer"
    fields = ("account", "amount", "settled_by")


@admin.register(models.Account)
class AccountAdmin(BooksAdmin):
    list_display = ("id", "owner", "kind", "balance", "pending", "credited", "entry_count")
    list_filter = ("kind",)
    search_fields = ("=owner__id", "owner__username", "owner__email")
    list_select_related = ("owner",)
    ordering = ("-id",)
    fields = (
        *("owner", "kind", "balance", "pending", "credited", "entry_count", "created_at"),
        "latest",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        due = models.PendingEntry.objects.filter(account=OuterRef("pk"), settled_by=None)
        coins = due.order_by().values("account").annotate(coins=Sum("amount")).values("coins")
        return super().get_queryset(request).annotate(pending=Coalesce(Subquery(coins), 0))

    @admin.display(description="pending coins")
    def pending(self, account: Any) -> int:
        return account.pending

    @admin.display(description="latest entries")
    def latest(self, account: models.Account) -> SafeString:
        """The newest lines of the account, as in a bank's statement."""
        newest = account.entries.select_related("transfer").order_by("-sequence")[:LATEST]
        rows = format_html_join("", LINE, (line_of(entry) for entry in newest))
        search = reverse("admin:wallet_entry_changelist") + f"?account__id__exact={account.pk}"
        table = (
            '<div class="staff-scroll"><table style="width:100%">{}{}</table></div>'
            '<p><a href="{}">All its entries</a></p>'
        )
        return format_html(table, mark_safe(HEAD), rows, search)  # noqa: S308 (a constant)


def line_of(entry: models.Entry) -> tuple[Any, ...]:
    transfer = entry.transfer
    page = reverse("admin:wallet_transfer_change", args=[transfer.pk])
    when = transfer.created_at.strftime("%Y-%m-%d %H:%M:%S")
    reason = transfer.get_reason_display()
    return entry.sequence, when, page, transfer.key, reason, entry.amount, entry.balance_after


@admin.register(models.Transfer)
class TransferAdmin(BooksAdmin):
    list_display = ("id", "reason", "key", "subject_id", "share_percent", "created_at")
    list_display_links = ("id", "key")
    list_filter = ("reason", "created_at")
    search_fields = (
        *("=id", "key", "=subject_id", "entries__account__owner__username"),
        "pending_entries__account__owner__username",
    )
    ordering = ("-id",)
    inlines = (EntryInline, PendingEntryInline)


@admin.register(models.Entry)
class EntryAdmin(CsvExport, BooksAdmin):
    list_display = ("id", "transfer", "account", "sequence", "amount", "balance_after", "moment")
    list_filter = ("account__kind", "transfer__reason")
    search_fields = ("=account__owner__id", "account__owner__username", "transfer__key")
    list_select_related = ("transfer", "account__owner")
    ordering = ("-id",)
    csv_columns = (
        *("transfer__created_at", "transfer__key", "transfer__reason", "transfer__subject_id"),
        *("account_id", "account__kind", "account__owner_id", "sequence", "amount"),
        "balance_after",
    )

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """One person's lines, as their page asks for them."""
        return lookup == "account__owner__id__exact" or super().lookup_allowed(
            lookup, value, request
        )

    @admin.display(description="created at")
    def moment(self, entry: models.Entry) -> Any:
        return entry.transfer.created_at


@admin.register(models.PendingEntry)
class PendingEntryAdmin(BooksAdmin):
    list_display = ("id", "transfer", "account", "amount", "settled_by")
    list_filter = (("settled_by", admin.EmptyFieldListFilter), "account__kind")
    search_fields = ("=account__owner__id", "account__owner__username", "transfer__key")
    list_select_related = ("transfer", "account__owner", "settled_by")
    ordering = ("-id",)


@admin.register(models.CoinPackage)
class CoinPackageAdmin(ModelAdmin):
    list_display = ("picture", "title", "coins", "price", "order", "active")
    list_display_links = ("picture", "title")
    list_editable = ("order", "active")
    list_filter = ("active",)
    search_fields = ("title", "ios_product_id", "android_product_id")

    @admin.display(description="")
    def picture(self, package: models.CoinPackage) -> str:
        if not package.image:
            return ""
        return format_html('<img src="{}" alt="" width="32" height="32">', package.image.url)


@admin.register(models.Purchase)
class PurchaseAdmin(CsvExport, BooksAdmin):
    list_display = (
        "id",
        "user",
        "coins",
        "price",
        "store",
        "device",
        "transaction_id",
        "created_at",
        "refunded_at",
    )
    list_filter = ("store", "device", "created_at", ("refunded_at", admin.EmptyFieldListFilter))
    csv_columns = (
        *("id", "created_at", "store", "transaction_id", "device", "user_id", "user__username"),
        *("coins", "price", "refunded_at", "refund_note"),
    )
    actions = ("refund",)
    actions_detail = ["refund"]
    search_fields = ("=id", "=user__id", "user__username", "user__email", "transaction_id")
    list_select_related = ("user",)
    ordering = ("-id",)

    def has_refund_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("wallet.change_purchase")

    @action(description="Take the coins back (refunded)", permissions=["refund"], url_path="refund")
    @asks("Take the coins of these purchases back?", button="Take the coins back")
    def refund(self, request: HttpRequest, chosen: QuerySet[models.Purchase], reason: str) -> None:
        """For money that was given back outside the store; stores tell us by themselves."""
        ids = list(chosen.order_by("id").values_list("pk", flat=True))
        operator_id = int(request.user.pk or 0)
        done = sum(
            refund_by_operator(purchase_id=each, operator_id=operator_id, reason=reason)
            for each in ids
        )
        self.message_user(request, f"Took back {done} of {len(ids)}.")


class OutstandingAdmin(BooksAdmin):
    """What stores still have to be asked or told; it is tried again by itself."""

    list_filter = (("done_at", admin.EmptyFieldListFilter), "created_at")
    ordering = ("-id",)
    actions = ("try_now",)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("wallet.change_purchase")

    @admin.action(description="Try again at once", permissions=["retry"])
    @asks("Ask the store again at once?", OptionalReasonForm, button="Try again")
    @noted("try again at once")
    def try_now(self, request: HttpRequest, chosen: QuerySet, reason: str) -> None:
        count = chosen.filter(done_at=None).update(due_at=timezone.now())
        self.message_user(request, f"{count} will be tried again within a minute.")


@admin.register(models.WaitingPurchase)
class WaitingPurchaseAdmin(OutstandingAdmin):
    list_display = (
        *("id", "user", "store", "package", "transaction_id", "attempts", "problem"),
        *("due_at", "done_at", "purchase", "created_at"),
    )
    search_fields = ("=user__id", "user__username", "transaction_id")
    list_select_related = ("user", "package", "purchase")


@admin.register(models.Fulfilment)
class FulfilmentAdmin(OutstandingAdmin):
    list_display = ("id", "purchase", "attempts", "problem", "due_at", "done_at", "created_at")
    search_fields = ("=purchase__id", "purchase__transaction_id")
    list_select_related = ("purchase",)


@admin.register(models.PaymentCard)
class PaymentCardAdmin(BooksAdmin):
    """What may be known of cards outside of Stripe's vault."""

    list_display = ("id", "user", "brand", "last4", "exp_month", "exp_year", "is_default")
    search_fields = ("=user__id", "user__username", "payment_method_id")
    list_select_related = ("user",)
    ordering = ("-id",)


@admin.register(models.StripeCustomer)
class StripeCustomerAdmin(BooksAdmin):
    list_display = ("customer_id", "user", "created_at")
    search_fields = ("=user__id", "user__username", "customer_id")
    list_select_related = ("user",)


@admin.register(models.CardRemoval)
class CardRemovalAdmin(OutstandingAdmin):
    list_display = ("payment_method_id", "attempts", "problem", "due_at", "done_at")
    search_fields = ("payment_method_id",)


@admin.register(models.Freeze)
class FreezeAdmin(ModelAdmin):
    """Add one to freeze a wallet, delete it to let the person spend again."""

    list_display = ("user", "reason", "created_at")
    search_fields = ("=user__id", "user__username", "reason")
    list_select_related = ("user",)
    autocomplete_fields = ("user",)


@admin.register(models.Revocation)
class RevocationAdmin(BooksAdmin):
    list_display = ("store", "transaction_id", "reversed", "happened_at", "created_at")
    list_filter = ("store", "reversed", "created_at")
    search_fields = ("transaction_id",)
    ordering = ("-id",)
