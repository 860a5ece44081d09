"""One thing that happened in a case, as its story shows it."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from ops_console.domain.case_file import Line
from ops_console.domain.labels import Tone

Actor = Literal["Employeur", "CPAM", "Jonction", "Alerte"]


@dataclass(frozen=True, slots=True)
class Entry:
    """`proof` holds ids and references, folded away until somebody needs them."""

    at: dt.datetime
    actor: Actor
    title: str
    tone: Tone = "calm"
    amount: Decimal | None = None
    facts: list[str] = field(default_factory=list)
    proof: list[tuple[str, str]] = field(default_factory=list)
    lines: tuple[Line, ...] = ()
    to_come: bool = False
