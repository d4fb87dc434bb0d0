"""The mobile endpoints in the OpenAPI document, from their declarations."""

from typing import Any

from rest_framework import serializers

from apps.contract import endpoint as endpoints
from apps.contract.endpoint import Endpoint
from apps.contract.shapes import Field, JsonSchema, Shape

TYPES: list[tuple[type[serializers.Field], JsonSchema]] = [
    (serializers.BooleanField, {"type": "integer", "enum": [0, 1]}),
    (serializers.IntegerField, {"type": "integer"}),
    (serializers.FloatField, {"type": "number"}),
    (serializers.FileField, {"type": "string", "format": "binary"}),
    (serializers.ListField, {"type": "array", "items": {}}),
]


def add_mobile_endpoints(result: JsonSchema, **kwargs: Any) -> JsonSchema:
    """drf-spectacular's postprocessing hook."""
    for endpoint in endpoints.all_endpoints():
        result["paths"][f"/api/{endpoint.name}"] = {"post": operation(endpoint)}
    result.setdefault("components", {}).setdefault("securitySchemes", {})["mobileToken"] = {
        "type": "apiKey",
        "in": "header",
        "name": "Auth-Token",
    }
    return result


def operation(endpoint: type[Endpoint]) -> JsonSchema:
    secured: list[dict[str, list]] = (
        [] if endpoint.auth == endpoints.NONE else [{"mobileToken": []}]
    )
    if endpoint.auth == endpoints.OPTIONAL:
        secured.append({})
    return {
        "operationId": endpoint.name,
        "tags": [f"mobile: {endpoint.group}"],
        "description": (endpoint.__doc__ or "").strip(),
        "security": secured,
        "requestBody": {"content": {"application/json": {"schema": input_schema(endpoint)}}},
        "responses": {
            "200": {
                "description": "Every outcome; `code` tells which.",
                "content": {"application/json": {"schema": envelope(endpoint)}},
            }
        },
    }


def input_schema(endpoint: type[Endpoint]) -> JsonSchema:
    fields = endpoint.Input().fields
    schema: JsonSchema = {
        "type": "object",
        "properties": {name: field_schema(field) for name, field in fields.items()},
    }
    required = [name for name, field in fields.items() if field.required]
    return schema | ({"required": required} if required else {})


def field_schema(field: serializers.Field) -> JsonSchema:
    schema = next((s for kind, s in TYPES if isinstance(field, kind)), {"type": "string"})
    return schema | ({"description": str(field.help_text)} if field.help_text else {})


def envelope(endpoint: type[Endpoint]) -> JsonSchema:
    code = {"type": "integer", "example": 200}
    msg = {"oneOf": [described(endpoint.answer), {"type": "string"}]}
    return {"type": "object", "properties": {"code": code, "msg": msg}, "required": ["code", "msg"]}


def described(answer: Any) -> JsonSchema:
    """The schema of an `answer` declaration: shapes and fields inside dicts and lists."""
    if isinstance(answer, dict):
        return {"type": "object", "properties": {k: described(v) for k, v in answer.items()}}
    if isinstance(answer, list):
        return {"type": "array", "items": described(answer[0]) if answer else {}}
    if isinstance(answer, type) and issubclass(answer, Shape):
        return answer.schema()
    if isinstance(answer, Field):
        return answer.schema
    return {"type": "string"} if isinstance(answer, str) else {}
