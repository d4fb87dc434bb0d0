"""The operators' queues and the log."""

from apps.moderation.admin import held, queues

__all__ = ["held", "queues"]
