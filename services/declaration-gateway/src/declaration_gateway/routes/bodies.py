"""Reads a JSON body into what was said, or refuses it with every fault that it has, each coded.

Python's own reader is used, because neither pydantic's nor orjson's tells of repeated keys, and two
readers of one body who each take another of them is how a declaration gets changed on its way.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Annotated, Any, TypeVar, get_args, get_origin

from chassis.app import refusal_of
from chassis.errors import FieldError, Refused
from chassis.problems import Catalogue
from pydantic import BaseModel, TypeAdapter, ValidationError

M = TypeVar("M", bound=BaseModel)
_FIELD_NAME = re.compile(r"[A-Za-z_]{1,40}", re.ASCII)


def read_json(body: bytes) -> dict[str, Any]:
    """Raises Refused("not-json"): not UTF-8, not JSON, a repeated key, too deep, or no object."""
    try:
        # Decoded here: json.loads would take UTF-16 and a byte order mark as well.
        raw = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Refused("not-json") from None
    if not isinstance(raw, dict):
        raise Refused("not-json")
    return raw


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError("repeated key")
    return read


def _no_constant(name: str) -> None:
    raise ValueError(name)


def read(
    model: type[M],
    raw: dict[str, Any],
    problems: Catalogue,
    coherence: Callable[[M], Sequence[FieldError]],
) -> M:
    """All faults at once: an unreadable field does not hide that two others are at odds."""
    try:
        said = model.model_validate(raw)
    except ValidationError as refused:
        unreadable = refusal_of(refused.errors(include_input=False), problems).errors
        found = [*map(_without_strange_name, unreadable), *coherence(salvage(model, raw))]
        raise Refused("invalid", errors=found) from None
    if found := list(coherence(said)):
        raise Refused("invalid", errors=found)
    return said


def _without_strange_name(error: FieldError) -> FieldError:
    """An unknown field's name comes from outside and may itself be a person's number."""
    if error.code != "field-unknown":
        return error
    place, _, name = error.field.rpartition(".")
    return error if _FIELD_NAME.fullmatch(name) else FieldError(place or "body", error.code)


def salvage(model: type[M], raw: object) -> M:
    """What of `raw` can be read field by field; None where it cannot."""
    given = raw if isinstance(raw, dict) else {}
    read = {name: _salvaged(model, name, given.get(name)) for name in model.model_fields}
    return model.model_construct({name for name in read if name in given}, **read)


def _salvaged(model: type[BaseModel], name: str, value: object) -> Any:
    annotation = model.model_fields[name].annotation
    if (listed := _model_in(get_args(annotation))) and get_origin(annotation) is list:
        return [salvage(listed, item) for item in value] if isinstance(value, list) else None
    if inner := _model_in((annotation, *get_args(annotation))):
        return salvage(inner, value) if isinstance(value, dict) else None
    try:
        return _adapter(model, name).validate_python(value)
    except ValidationError:
        return None


@cache
def _adapter(model: type[BaseModel], name: str) -> TypeAdapter[Any]:
    field = model.model_fields[name]
    annotation: Any = field.annotation
    return TypeAdapter(Annotated[(annotation, *field.metadata)] if field.metadata else annotation)


def _model_in(candidates: Iterable[Any]) -> type[BaseModel] | None:
    models = (each for each in candidates if isinstance(each, type) and issubclass(each, BaseModel))
    return next(models, None)
