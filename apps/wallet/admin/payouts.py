"""Operators decide on payouts here, and take the list to the bank."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import action

from apps.contract.answers import Refused
from apps.wallet import models
from apps.wallet.admin.books import BooksAdmin, LinesInline
from apps.wallet.services import payouts
from config.admin import ModelAdmin, OptionalReasonForm, asks
from config.csv_export import CsvExport


class StepInline(LinesInline):
    model = models.PayoutStep
    fields = ("status", "operator", "note", "created_at")
    readonly_fields = ("created_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return models.PayoutStep.objects.select_related("operator")


@admin.register(models.Payout)
class PayoutAdmin(CsvExport, BooksAdmin):
    list_display = (
        *("id", "user", "coins", "amount", "method_type", "destination"),
        *("status", "created_at"),
    )
    list_filter = ("status", "method_type", "created_at")
    search_fields = ("=id", "=user__id", "user__username", "user__email", "destination")
    list_select_related = ("user",)
    ordering = ("-id",)
    inlines = (StepInline,)
    csv_columns = (
        *("id", "created_at", "status", "user_id", "user__username", "coins", "amount"),
        *("method_type", "destination"),
    )
    actions = ("approve", "mark_paid", "reject")
    actions_detail = ["approve", "mark_paid", "reject"]

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("wallet.change_payout")

    @action(description="Approve", permissions=["decide"], url_path="approve")
    @asks("Let these payouts be paid?", OptionalReasonForm, button="Approve")
    def approve(self, request: HttpRequest, chosen: QuerySet[models.Payout], reason: str) -> None:
        self.decide(request, chosen, payouts.approve, reason)

    @action(description="Mark as paid", permissions=["decide"], url_path="paid")
    @asks("Was the money of these payouts sent?", OptionalReasonForm, button="Yes, it was sent")
    def mark_paid(self, request: HttpRequest, chosen: QuerySet[models.Payout], reason: str) -> None:
        self.decide(request, chosen, payouts.mark_paid, reason)

    @action(description="Reject and give the coins back", permissions=["decide"], url_path="reject")
    @asks("Reject these payouts and give the coins back?", button="Reject")
    def reject(self, request: HttpRequest, chosen: QuerySet[models.Payout], reason: str) -> None:
        self.decide(request, chosen, payouts.reject, reason)

    def decide(
        self,
        request: HttpRequest,
        chosen: QuerySet[models.Payout],
        step: Callable[..., None],
        reason: str,
    ) -> None:
        """Take one step with each chosen payout, and say which could not take it."""
        done = 0
        for payout_id in chosen.order_by("id").values_list("id", flat=True):
            try:
                step(payout_id=payout_id, operator_id=request.user.pk, note=reason)
                done += 1
            except Refused as refused:
                self.message_user(request, refused.message, messages.ERROR)
        if done:
            self.message_user(request, f"Done for {done}.", messages.SUCCESS)


@admin.register(models.PayoutMethod)
class PayoutMethodAdmin(ModelAdmin):
    list_display = ("user", "type", "value", "saved_at")
    list_filter = ("type",)
    search_fields = ("=user__id", "user__username", "value")
    list_select_related = ("user",)
    autocomplete_fields = ("user",)
