"""Operators decide on promotions here, and set what they cost."""

from collections.abc import Callable
from functools import partial

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import action

from apps.moderation.models import OperatorAction
from apps.moderation.services import operators
from apps.promotions import models, services, signals
from config.admin import KeptAdmin, OptionalReasonForm, SingleRowAdmin, asks
from config.csv_export import CsvExport

Promotions = QuerySet[models.Promotion]
Kind, EndReason = OperatorAction.Kind, models.Promotion.EndReason


@admin.register(models.Promotion)
class PromotionAdmin(CsvExport, KeptAdmin):
    list_display = (
        *("id", "user", "clip", "destination", "state", "end_reason"),
        *("coins", "spent", "returned", "reached", "taps", "start_at", "end_at"),
    )
    list_filter = ("state", "end_reason", "destination", "created_at")
    search_fields = ("=id", "=user__id", "user__username", "=video__id", "website_url")
    list_select_related = ("user", "video", "audience")
    readonly_fields = ("spent", "clip")
    ordering = ("-id",)
    date_hierarchy = "created_at"
    actions = ("approve", "stop", "reject")
    actions_detail = ["approve", "stop", "reject"]
    csv_columns = (
        *("id", "created_at", "user_id", "user__username", "video_id", "destination", "state"),
        *("end_reason", "coins", "returned", "reach", "total_reach", "taps", "start_at", "end_at"),
    )

    @admin.display(description="video")
    def clip(self, promotion: models.Promotion) -> str:
        if promotion.video_id is None:
            return "deleted"
        address = reverse("admin:videos_video_change", args=[promotion.video_id])
        return format_html('<a href="{}">{}</a>', address, promotion.video_id)

    @admin.display(description="spent", ordering="reach")
    def spent(self, promotion: models.Promotion) -> int:
        return promotion.spent

    @admin.display(description="reach", ordering="reach")
    def reached(self, promotion: models.Promotion) -> str:
        return f"{promotion.reach} of {promotion.total_reach}"

    def has_decide_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("promotions.change_promotion")

    @action(description="Approve", permissions=["decide"], url_path="approve")
    @asks("Let these promotions run?", OptionalReasonForm, button="Approve")
    def approve(self, request: HttpRequest, chosen: Promotions, reason: str) -> None:
        self.decide(request, chosen, (services.approve, Kind.APPROVE_PROMOTION), reason)

    @action(description="Stop and give unspent coins back", permissions=["decide"], url_path="stop")
    @asks("Stop these promotions and give unspent coins back?", button="Stop")
    def stop(self, request: HttpRequest, chosen: Promotions, reason: str) -> None:
        step = partial(services.end, reason=EndReason.STOPPED)
        self.decide(request, chosen, (step, Kind.STOP_PROMOTION), reason)

    @action(description="Reject and give all coins back", permissions=["decide"], url_path="reject")
    @asks("Reject these promotions and give all coins back?", button="Reject")
    def reject(self, request: HttpRequest, chosen: Promotions, reason: str) -> None:
        step = partial(services.end, reason=EndReason.REJECTED)
        self.decide(request, chosen, (step, Kind.REJECT_PROMOTION), reason)

    def decide(
        self,
        request: HttpRequest,
        chosen: Promotions,
        decision: tuple[Callable[..., bool], OperatorAction.Kind],
        reason: str,
    ) -> None:
        """Take one step with each chosen promotion, each with its line in the operators' log."""
        step, kind = decision
        done = 0
        for promotion in chosen.order_by("id"):
            with transaction.atomic():
                if not step(promotion_id=promotion.pk):
                    problem = f"Promotion {promotion.pk} is {promotion.get_state_display()}."
                    self.message_user(request, problem, messages.ERROR)
                    continue
                operators.record(
                    operator_id=int(request.user.pk or 0),
                    kind=kind,
                    user_id=promotion.user_id,
                    video_id=promotion.video_id,
                    reason=reason,
                    promotion=str(promotion.pk),
                )
                signals.promotion_decided.send(
                    sender=None,
                    promotion=promotion,
                    operator=int(request.user.pk or 0),
                    decision=kind,
                    reason=reason,
                )
            done += 1
        if done:
            self.message_user(request, f"Done for {done}.", messages.SUCCESS)


@admin.register(models.AdSettings)
class AdSettingsAdmin(SingleRowAdmin):
    """What promotions cost, and whether they wait for an operator."""


@admin.register(models.Audience)
class AudienceAdmin(KeptAdmin):
    list_display = ("name", "user", "gender", "min_age", "max_age", "locations", "removed_at")
    list_filter = ("gender", ("removed_at", admin.EmptyFieldListFilter))
    search_fields = ("name", "=user__id", "user__username")
    list_select_related = ("user",)
    ordering = ("-id",)


@admin.register(models.PromotionEvent)
class PromotionEventAdmin(KeptAdmin):
    list_display = ("id", "promotion", "user", "kind", "day", "created_at")
    list_filter = ("kind", "day")
    search_fields = ("=promotion__id", "=user__id", "user__username")
    list_select_related = ("promotion", "user")
    ordering = ("-id",)
