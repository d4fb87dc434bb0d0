"""How the OpenAPI document describes our keys and paths."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class ApiKeyScheme(OpenApiAuthenticationExtension):
    target_class = "apps.access.authentication.ApiKeyAuthentication"
    name = ["apiKeyBearer", "apiKeyHeader"]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        return [
            {"type": "http", "scheme": "bearer", "description": "An API key, `ck_...`."},
            {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
        ]


def without_slash_at_the_end(endpoints: list[tuple], **kwargs: Any) -> list[tuple]:
    """drf-spectacular's preprocessing hook: a slash is accepted but not our spelling."""
    return [(path.rstrip("/"), *rest) for path, *rest in endpoints]
