"""Dated legal parameters, read from `parameters/*.toml`.

Each value is in force from `since` to the eve of the next one, or to its own `until`. A day without
a value is `NotCovered`: a rule that we do not know is never replaced by another year's.
"""

import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any


class NotCovered(Exception):
    """No value of this parameter is known for this day."""

    def __init__(self, name: str, day: date) -> None:
        super().__init__(f"{name} on {day}")
        self.name = name
        self.day = day


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value in force, with what a person needs to check it."""

    name: str
    label: str
    unit: str
    value: Decimal
    since: date
    until: date | None
    source: str

    @property
    def version(self) -> str:
        return f"{self.name}@{self.since}"


@dataclass(frozen=True, slots=True)
class Law:
    parameters: dict[str, tuple[Parameter, ...]]

    def at(self, name: str, day: date) -> Parameter:
        """The value in force on `day`; raises `NotCovered`."""
        for parameter in reversed(self.parameters[name]):
            if parameter.since <= day:
                if parameter.until is not None and day > parameter.until:
                    break
                return parameter
        raise NotCovered(name, day)


@cache
def french_law() -> Law:
    found: dict[str, tuple[Parameter, ...]] = {}
    for name in ("smic", "pass", "maladie", "accident", "retenues", "delays"):
        for key, table in read_parameters(name).items():
            found[key] = tuple(sorted(_values(key, table), key=lambda value: value.since))
    return Law(found)


def read_parameters(name: str) -> dict[str, Any]:
    text = (files("matcher.domain") / "parameters" / f"{name}.toml").read_text("utf-8")
    return tomllib.loads(text, parse_float=Decimal)


def _values(name: str, table: dict[str, Any]) -> list[Parameter]:
    return [
        Parameter(
            name=name,
            label=table["label"],
            unit=table["unit"],
            value=Decimal(entry["value"]),
            since=entry["since"],
            until=entry.get("until"),
            source=entry["source"],
        )
        for entry in table["values"]
    ]
