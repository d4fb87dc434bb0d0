"""What operators did: one append-only table."""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models.functions import Now


@pgtrigger.register(
    pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
)
class AuditEntry(models.Model):
    """Who did what, to what, from where, and why. Rows are added and never changed or deleted."""

    class Kind(models.TextChoices):
        SIGN_IN = "sign_in", "signed in"
        SIGN_IN_FAILED = "sign_in_failed", "failed to sign in"
        SIGN_OUT = "sign_out", "signed out"
        TWO_FACTOR = "two_factor", "two-factor sign-in"
        ADD = "add", "added"
        CHANGE = "change", "changed"
        DELETE = "delete", "deleted"
        ACTION = "action"
        DECISION = "decision"
        MONEY = "money"
        EXPORT = "export", "exported"
        REQUEST = "request", "another request"

    at = models.DateTimeField(db_default=Now())
    # No relation: the log outlives the people in it. Empty: nobody who is known.
    operator_id = models.BigIntegerField(null=True)
    operator_name = models.CharField(max_length=150, blank=True, help_text="as it was then")
    kind = models.CharField(max_length=15, choices=Kind)
    action = models.CharField(max_length=80, blank=True)
    model = models.CharField(max_length=100, blank=True, help_text="what it was done to")
    object_id = models.CharField(max_length=100, blank=True)
    object_name = models.CharField(max_length=200, blank=True)
    person_id = models.BigIntegerField(null=True, help_text="whom it concerns")
    reason = models.CharField(max_length=300, blank=True)
    address = models.GenericIPAddressField(null=True, help_text="of the operator's network")
    request_id = models.CharField(max_length=64, blank=True, help_text="as in the log files")
    details: Any = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "audit log"
        indexes = [
            models.Index(fields=["operator_id", "-id"], name="audit_by_operator"),
            models.Index(fields=["model", "object_id", "-id"], name="audit_of_object"),
            models.Index(fields=["person_id", "-id"], name="audit_of_person"),
            models.Index(fields=["kind", "-id"], name="audit_of_kind"),
            models.Index(fields=["at"], name="audit_when"),
        ]

    def __str__(self) -> str:
        return f"{self.operator_name or 'nobody'}: {self.action or self.kind}"
