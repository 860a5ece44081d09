"""What an operation answers, before it becomes XML: plain values, and honest ones (faults spoil
later).
"""

from dataclasses import dataclass
from datetime import datetime

from cpam_simulator.domain.script import Answer


@dataclass(frozen=True, slots=True)
class Filed:
    control_number: str
    reference: str
    at: datetime
    fingerprint: str
    repeat: bool


@dataclass(frozen=True, slots=True)
class RefusedItem:
    control_number: str
    code: str


@dataclass(frozen=True, slots=True)
class Receipts:
    items: tuple[Filed | RefusedItem, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """`filed` is None for a number never filed by this account; `times` counts its deposits."""

    control_number: str
    filed: Filed | None
    times: int


@dataclass(frozen=True, slots=True)
class DueAnswer:
    id: str
    control_number: str | None
    reference: str
    siret: str
    at: datetime
    answer: Answer


@dataclass(frozen=True, slots=True)
class DueAnswers:
    items: tuple[DueAnswer, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Confirmed:
    count: int


Reply = Receipts | Status | DueAnswers | Confirmed
