"""Figures as they go into the report: a value, and beside it the floor and the naive version."""

from dataclasses import dataclass, field
from statistics import median
from typing import Any

Figure = dict[str, Any]


@dataclass
class Compared:
    """Rates by round: ours, what the machine can do at all, what one would otherwise write."""

    ours: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    naive: list[float] = field(default_factory=list)

    @property
    def last(self) -> str:
        return f"{self.ours[-1]:.0f} (floor {self.floor[-1]:.0f}, naive {self.naive[-1]:.0f})"

    def figure(self, name: str) -> Figure:
        return compared(name, median(self.ours), median(self.floor), median(self.naive))


def compared(name: str, value: float, floor: float, naive: float) -> Figure:
    return {
        "name": name,
        "unit": "1/s",
        "value": round(value, 1),
        "floor": round(floor, 1),
        "naive": round(naive, 1),
        "ratio_floor": round(value / floor, 3),
        "ratio_naive": round(value / naive, 3),
    }


def plain(name: str, unit: str, value: float) -> Figure:
    return {"name": name, "unit": unit, "value": round(value, 2)}
