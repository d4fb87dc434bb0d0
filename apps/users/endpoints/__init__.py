"""The mobile endpoints about people, a file a topic. Importing a file declares its endpoints."""

from apps.users.endpoints import people, profile, sign_in, social

__all__ = ["people", "profile", "sign_in", "social"]
