"""The mobile endpoints about people, a file a topic. Importing a file declares its endpoints."""

from apps.users.endpoints import profile, sign_in

__all__ = ["profile", "sign_in"]
