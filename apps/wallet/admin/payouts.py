"""Operators decide on payouts here, and take the list to the bank."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.forms import ActionForm

from apps.contract.answers import Refused
from apps.wallet import models
from apps.wallet.admin.books import BooksAdmin, LinesInline
from apps.wallet.admin.tables import csv_file
from apps.wallet.services import payouts
from config.admin import ModelAdmin

CSV_COLUMNS = [
    *("id", "created_at", "status", "user_id", "username", "coins", "amount_usd"),
    *("method", "destination"),
]


class StepInline(LinesInline):
    model = models.PayoutStep
    fields = ("status", "operator", "note", "created_at")
    readonly_fields = ("created_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return models.PayoutStep.objects.select_related("operator")


class DecisionForm(ActionForm):
    note = forms.CharField(required=False, max_length=300, label="Note")


@admin.register(models.Payout)
class PayoutAdmin(BooksAdmin):
    list_display = (
        *("id", "user", "coins", "amount", "method_type", "destination"),
        *("status", "created_at"),
    )
    list_filter = ("status", "method_type", "created_at")
    search_fields = ("=id", "=user__id", "user__username", "user__email", "destination")
    list_select_related = ("user",)
    ordering = ("-id",)
    inlines = (StepInline,)
    action_form = DecisionForm
    actions = ("approve", "mark_paid", "reject", "export_csv")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("wallet.change_payout")

    @admin.action(description="Approve", permissions=["decide"])
    def approve(self, request: HttpRequest, chosen: QuerySet[models.Payout]) -> None:
        self.decide(request, chosen, payouts.approve)

    @admin.action(description="Mark as paid", permissions=["decide"])
    def mark_paid(self, request: HttpRequest, chosen: QuerySet[models.Payout]) -> None:
        self.decide(request, chosen, payouts.mark_paid)

    @admin.action(description="Reject and give the coins back", permissions=["decide"])
    def reject(self, request: HttpRequest, chosen: QuerySet[models.Payout]) -> None:
        self.decide(request, chosen, payouts.reject)

    @admin.action(description="Export as CSV", permissions=["view"])
    def export_csv(self, request: HttpRequest, chosen: QuerySet[models.Payout]) -> HttpResponse:
        payouts_in_order = chosen.order_by("id").iterator(chunk_size=1000)
        return csv_file("payouts", CSV_COLUMNS, map(csv_row, payouts_in_order))

    def decide(
        self, request: HttpRequest, chosen: QuerySet[models.Payout], step: Callable[..., None]
    ) -> None:
        """Take one step with each chosen payout, and say which could not take it."""
        note = request.POST.get("note", "")[:300]
        done = 0
        for payout_id in chosen.order_by("id").values_list("id", flat=True):
            try:
                step(payout_id=payout_id, operator_id=request.user.pk, note=note)
                done += 1
            except Refused as refused:
                self.message_user(request, refused.message, messages.ERROR)
        self.message_user(request, f"Done for {done}.", messages.SUCCESS)


def csv_row(payout: models.Payout) -> list[Any]:
    return [
        *(payout.id, payout.created_at.isoformat(), payout.status),
        *(payout.user_id, payout.user.username, payout.coins, payout.amount),
        *(payout.get_method_type_display(), payout.destination),
    ]


@admin.register(models.PayoutMethod)
class PayoutMethodAdmin(ModelAdmin):
    list_display = ("user", "type", "value", "saved_at")
    list_filter = ("type",)
    search_fields = ("=user__id", "user__username", "value")
    list_select_related = ("user",)
    autocomplete_fields = ("user",)
