"""Reports and what became of them, requests for the blue tick, and what operators did."""

from typing import Any

import pgtrigger
from django.core.files.storage import Storage, storages
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.users.models import User
from apps.videos.models import Video


class ReportReason(models.Model):
    """A reason that the apps offer."""

    title = models.CharField(max_length=100, unique=True)
    position = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True, help_text="is offered in the apps")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.title


class Report(models.Model):
    """One person's complaint about something, with what it looked like at that moment."""

    class Kind(models.TextChoices):
        USER = "user"
        VIDEO = "video"
        ROOM = "room"
        COMMENT = "comment"
        AUDIO_ROOM = "audio_room"

    class State(models.TextChoices):
        OPEN = "open"
        DISMISSED = "dismissed"
        ACTED = "acted", "acted upon"

    reporter = models.ForeignKey(User, models.SET_NULL, null=True, related_name="reports_made")
    kind = models.CharField(max_length=10, choices=Kind)
    target_id = models.BigIntegerField(
        help_text="id of the user, video, room, comment or audio room"
    )
    accused = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="reports_about"
    )
    may_mean_user = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="the iOS app reports profiles under a video's name: perhaps this person is meant",
    )
    reason = models.ForeignKey(ReportReason, models.SET_NULL, null=True)
    reason_title = models.CharField(max_length=100, blank=True, help_text="as it was then")
    description = models.CharField(max_length=2000, blank=True)
    evidence = models.JSONField(default=dict, help_text="what the target looked like then")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    handled_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="reports_handled"
    )
    handled_at = models.DateTimeField(null=True, blank=True)
    day = models.DateField(help_text="UTC; one report of a thing by a person a day")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reporter", "kind", "target_id", "day"], name="moderation_report_once_a_day"
            )
        ]
        indexes = [
            models.Index(fields=["kind", "target_id"], name="moderation_report_target"),
            models.Index(fields=["id"], name="moderation_report_open", condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return f"report {self.pk} of {self.kind} {self.target_id}"


def private_storage() -> Storage:
    """Where no address leads to; operators see its files through the admin pages only."""
    return storages["private"]


class VerificationRequest(models.Model):
    """A person's wish for the blue tick, with a document. A new one replaces the old."""

    class State(models.TextChoices):
        PENDING = "pending"
        APPROVED = "approved"
        REJECTED = "rejected"

    user = models.OneToOneField(User, models.CASCADE, related_name="verification_request")
    name = models.CharField(max_length=150, blank=True)
    document = models.FileField(storage=private_storage, upload_to="verification/")
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    answer = models.CharField(max_length=300, blank=True, help_text="why it was rejected")
    decided_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="verifications_decided"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(db_default=Now(), help_text="when the document was sent")

    def __str__(self) -> str:
        return f"verification request of user {self.user_id}"


class Rules(models.Model):
    """When something waits for an operator before others see it. There is one row."""

    hold_new_accounts = models.BooleanField(
        default=False, help_text="Hold the videos of accounts that are new."
    )
    new_account_days = models.PositiveSmallIntegerField(default=3, help_text="what new means")
    hold_words = models.BooleanField(
        default=True, help_text="Hold videos whose description or tags hold one of the words."
    )
    words = models.TextField(
        blank=True, help_text="One word or phrase a line; case does not matter."
    )
    hold_reported_videos = models.BooleanField(
        default=True, help_text="Hold a video that so many people have reported."
    )
    video_reports = models.PositiveSmallIntegerField(default=10, validators=[MinValueValidator(1)])
    hide_reported_comments = models.BooleanField(
        default=True, help_text="Hide a comment that so many people have reported."
    )
    comment_reports = models.PositiveSmallIntegerField(
        default=10, validators=[MinValueValidator(1)]
    )
    hold_by_classifier = models.BooleanField(
        default=True, help_text="Hold what the classifier (VIDEO_CLASSIFIER) doubts."
    )
    hold_if_classifier_fails = models.BooleanField(
        default=False, help_text="Hold a video if the classifier fails; otherwise it passes."
    )

    class Meta:
        verbose_name_plural = "rules"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="moderation_one_rules_row")]

    def __str__(self) -> str:
        return "Rules of review"


class HeldVideo(models.Model):
    """A video that was held back from everyone but its owner, and what was decided about it.

    `Video.block` is what every list reads; this row says why.
    """

    class Reason(models.TextChoices):
        NEW_ACCOUNT = "new_account"
        WORDS = "words", "a word of the list"
        REPORTS = "reports"
        CLASSIFIER = "classifier"
        CLASSIFIER_FAILED = "failed", "the classifier failed"
        OPERATOR = "operator"

    class State(models.TextChoices):
        WAITING = "waiting"
        APPROVED = "approved"
        REJECTED = "rejected"

    video = models.OneToOneField(Video, models.CASCADE, primary_key=True, related_name="held")
    reason = models.CharField(max_length=15, choices=Reason)
    detail = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    answer = models.CharField(max_length=300, blank=True, help_text="what its owner was told")
    decided_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="videos_decided"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), help_text="held since")

    class Meta:
        indexes = [
            models.Index(
                fields=["created_at"], name="moderation_held_waiting", condition=Q(state="waiting")
            )
        ]

    def __str__(self) -> str:
        return f"video {self.video_id}, held: {self.reason}"


@pgtrigger.register(
    pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
)
class OperatorAction(models.Model):
    """What an operator did to whom, and why. Rows are added and never changed or deleted."""

    class Kind(models.TextChoices):
        DISMISS_REPORT = "dismiss_report"
        BAN = "ban"
        UNBAN = "unban"
        HIDE_VIDEO = "hide_video"
        SHOW_VIDEO = "show_video"
        HIDE_COMMENT = "hide_comment"
        SHOW_COMMENT = "show_comment"
        APPROVE_VERIFICATION = "approve_verification"
        REJECT_VERIFICATION = "reject_verification"
        SEE_DOCUMENT = "see_document"
        EDIT_ACCOUNT = "edit_account", "changed an account's page"
        RESTORE_ACCOUNT = "restore_account"
        SIGN_OUT = "sign_out"
        EXPORT_DATA = "export_data"
        APPROVE_PROMOTION = "approve_promotion"
        STOP_PROMOTION = "stop_promotion"
        REJECT_PROMOTION = "reject_promotion"
        WARN = "warn"
        RESET_PASSWORD = "reset_password"
        RESET_PROFILE = "reset_profile"
        RESET_TWO_FACTOR = "reset_two_factor", "reset a second factor"

    # No constraints: the log outlives the people in it.
    operator = models.ForeignKey(
        User, models.DO_NOTHING, db_constraint=False, related_name="operator_actions"
    )
    kind = models.CharField(max_length=20, choices=Kind)
    user = models.ForeignKey(
        User, models.DO_NOTHING, null=True, db_constraint=False, related_name="+"
    )
    video_id = models.BigIntegerField(null=True)
    report_id = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    details: Any = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["user", "-id"], name="moderation_action_by_user")]

    def __str__(self) -> str:
        return f"{self.kind} by user {self.operator_id}"
