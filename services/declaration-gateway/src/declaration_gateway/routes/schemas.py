"""What OpenAPI says of bodies that the routes read themselves, and of refusals."""

from typing import Any

from pydantic import TypeAdapter

_TEXT = {"type": "string"}
_ERROR = {
    "type": "object",
    "required": ["field", "code", "message", "fix"],
    "properties": {"field": _TEXT, "code": _TEXT, "message": _TEXT, "fix": _TEXT},
}
_PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "request_id", "errors"],
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "code": _TEXT,
        "detail": _TEXT,
        "request_id": _TEXT,
        "errors": {"type": "array", "items": _ERROR},
    },
}
_SAID = {
    400: "Unreadable JSON, or no Idempotency-Key",
    401: "No valid token",
    403: "Another role is needed",
    404: "No such declaration of yours",
    409: "Overlaps another declaration, or the same key is being worked on",
    412: "The declaration has moved on since the revision named by If-Match",
    413: "Body too large",
    422: "Every faulty field with its code, message and fix",
    503: "Try again after Retry-After",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    content = {"application/problem+json": {"schema": _PROBLEM}}
    return {status: {"description": _SAID[status], "content": content} for status in statuses}


def body_of(models: Any) -> dict[str, Any]:
    """The `requestBody` of a model or a union, with its definitions written in place."""
    schema = TypeAdapter(models).json_schema()
    definitions = schema.pop("$defs", {})
    content = {"application/json": {"schema": _in_place(schema, definitions)}}
    return {"requestBody": {"required": True, "content": content}}


def _in_place(schema: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_in_place(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _in_place(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    return {
        name: _in_place(item, definitions)
        for name, item in schema.items()
        if name != "discriminator"
    }


_RECEIPT: dict[str, Any] = {
    "type": "object",
    "required": ["declaration_id", "revision", "status", "warnings", "links"],
    "properties": {
        "declaration_id": {"type": "string", "format": "uuid"},
        "revision": {"type": "integer", "minimum": 1},
        "status": {"enum": ["declared", "returned", "cancelled"]},
        "duplicate": {"const": True},
        "warnings": {"type": "array", "items": _ERROR},
        "links": {"type": "object", "additionalProperties": _TEXT},
    },
}
_TOLD = {200: "The same arrêt was declared before: this is its declaration", 202: "Stored"}


def receipt_of(*statuses: int) -> dict[int | str, dict[str, Any]]:
    content = {"application/json": {"schema": _RECEIPT}}
    return {status: {"description": _TOLD[status], "content": content} for status in statuses}
