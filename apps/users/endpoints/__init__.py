"""The mobile endpoints about people, a file a topic. Importing a file declares its endpoints."""

from apps.users.endpoints import (
    addresses,
    changes,
    devices,
    editing,
    invitations,
    numbers,
    passwords,
    people,
    preferences,
    profile,
    sessions,
    sign_in,
    social,
)

__all__ = [
    "addresses",
    "changes",
    "devices",
    "editing",
    "invitations",
    "numbers",
    "passwords",
    "people",
    "preferences",
    "profile",
    "sessions",
    "sign_in",
    "social",
]
