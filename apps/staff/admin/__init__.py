"""The operators' pages of people and roles."""

from apps.staff.admin import people, roles

__all__ = ["people", "roles"]
