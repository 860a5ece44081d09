"""Is there anything left to do at this instant? Asked by whoever moves the virtual clock.

A service is quiet when it has read the present tick, its outbox is empty, its consumers have no
lag, and each schedule has looked at this tick and found nothing. `activity` only grows: two equal
readings around quiet rounds prove that nothing was on its way between services.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import uuid4


@dataclass(slots=True)
class Reading:
    """What one part of a process has to say; the parts' readings are summed."""

    outbox: int = 0
    lag: int = 0
    due: int = 0
    next_due: datetime | None = None
    activity: int = 0
    reasons: list[str] = field(default_factory=list)

    def add(self, other: "Reading") -> None:
        self.outbox += other.outbox
        self.lag += other.lag
        self.due += other.due
        self.activity += other.activity
        self.reasons += other.reasons
        instants = [item for item in (self.next_due, other.next_due) if item is not None]
        self.next_due = min(instants, default=None)


Quiet = Callable[[], Awaitable[Reading]]


class Ticking(Protocol):
    @property
    def tick(self) -> int: ...


class Quiescence:
    def __init__(self, service: str, clock: Ticking, parts: list[Quiet]) -> None:
        self._service, self._clock, self._parts = service, clock, parts
        self._boot = str(uuid4())

    async def reading(self) -> dict[str, Any]:
        # The tick first: a jump during the reading then shows as an old tick.
        tick, total = self._clock.tick, Reading()
        for part in self._parts:
            total.add(await part())
        return {
            "service": self._service,
            "boot": self._boot,
            "tick": tick,
            "outbox": total.outbox,
            "lag": total.lag,
            "due": total.due,
            "next_due": total.next_due.isoformat() if total.next_due else None,
            "activity": total.activity,
            "reasons": total.reasons,
        }
