"""How the OpenAPI document describes our keys and paths."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

WRITES = {"post", "put", "patch", "delete"}
METHODS = WRITES | {"get"}
RETRY_AFTER = {
    "Retry-After": {
        "description": "Seconds to wait before asking again",
        "schema": {"type": "integer"},
    }
}
SENTENCE = {"type": "object", "properties": {"detail": {"type": "string"}}}


def answer(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "headers": RETRY_AFTER,
        "content": {"application/json": {"schema": SENTENCE}},
    }


TOO_OFTEN = answer("Too many changes by this key or operator")
AWAY = answer("The server is busy or restarting")


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


def answers_of_all(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """drf-spectacular's postprocessing hook: what throttling.py answers to any write, and
    config/outages.py to any request."""
    for methods in result["paths"].values():
        for method in METHODS & methods.keys():
            responses = methods[method]["responses"]
            if method in WRITES:
                responses.setdefault("429", TOO_OFTEN)
            responses.setdefault("503", AWAY)
    return result
