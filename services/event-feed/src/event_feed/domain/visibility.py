"""Who sees what: the fields of each event type by kind of reader, from `fields.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from contracts.sealed import Pay, Person
from pydantic import BaseModel

ReaderKind = Literal["insurer", "hris"]

OPENED: Mapping[str, type[BaseModel]] = {"person": Person, "pay": Pay}
"""Sealed fields that a feed may open, and what lies inside."""

NEVER = frozenset({"bank", "person_ref", "account"})


@dataclass(frozen=True, slots=True)
class Visibility:
    fields: Mapping[tuple[ReaderKind, str], tuple[str, ...]]

    @classmethod
    def load(cls, path: Path) -> "Visibility":
        fields: dict[tuple[ReaderKind, str], tuple[str, ...]] = {}
        for group in tomllib.loads(path.read_text("utf-8"))["group"]:
            for kind in get_args(ReaderKind):
                shown = tuple(group.get(kind, ()))
                if NEVER.intersection(shown):
                    raise ValueError(f"{path.name} shows what no reader may see")
                if shown:
                    fields.update({(kind, type): shown for type in group["types"]})
        return cls(fields)

    def sees(self, kind: ReaderKind, type: str) -> bool:
        return (kind, type) in self.fields

    def types(self, kind: ReaderKind) -> list[str]:
        return sorted(type for of, type in self.fields if of == kind)

    def shown(self, kind: ReaderKind, type: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """The listed fields that the event has; sealed ones are still sealed."""
        return {name: data[name] for name in self.fields[kind, type] if name in data}
