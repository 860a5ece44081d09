"""The feed as a contract: each type that a kind of reader gets, with the JSON Schema of its data.

Made from the event models and the same field lists that cut the data, so it cannot promise more.
"""

from functools import cache
from typing import Any

from contracts.events import BY_TYPE
from pydantic import create_model

from event_feed.domain.visibility import OPENED, ReaderKind, Visibility


def describe(visibility: Visibility, kind: ReaderKind) -> list[tuple[str, dict[str, Any]]]:
    """Type and schema, in the order of the types' names."""
    return [(type, _schema(type, visibility.fields[kind, type])) for type in visibility.types(kind)]


@cache
def _schema(type: str, names: tuple[str, ...]) -> dict[str, Any]:
    model = BY_TYPE[type]
    fields: dict[str, Any] = {}
    for name in names:
        known = model.model_fields[name]
        if name in OPENED:
            opened = OPENED[name]
            fields[name] = (opened, ...) if known.is_required() else (opened | None, None)
        else:
            fields[name] = (
                known.rebuild_annotation(),
                known.default if not known.is_required() else ...,
            )
    shown = create_model(model.__name__, __doc__=model.__doc__, **fields)
    return shown.model_json_schema(mode="serialization")
