"""The state of the platform's parts, as the health board shows it."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

State = Literal["ready", "not-ready", "away"]


@dataclass(frozen=True, slots=True)
class Incident:
    """An open one; `kind` and `key` are codes and ids, never content."""

    kind: str
    key: str
    since: dt.datetime


@dataclass(frozen=True, slots=True)
class Condition:
    """None = not known, or nothing of the kind in this service."""

    service: str
    state: State
    reasons: dict[str, str] = field(default_factory=dict)
    lag: int | None = None
    outbox: int | None = None
    mails: int | None = None
    held: int | None = None
    incidents: tuple[Incident, ...] | None = None

    @property
    def troubled(self) -> bool:
        """Needs somebody to look, although it may be answering."""
        return self.state != "ready" or bool(self.held) or bool(self.incidents)
