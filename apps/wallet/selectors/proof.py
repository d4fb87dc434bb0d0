"""When the books were last proved, for the operators' pages."""

from apps.wallet.models import AuditRun


def last_proof() -> AuditRun | None:
    """The latest proof of the books; None when there was none yet."""
    return AuditRun.objects.order_by("-started_at").first()
