"""A run of calendar days, both ends included."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Days:
    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("a run of days ends before it begins")

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    def __iter__(self) -> Iterator[date]:
        for offset in range(len(self)):
            yield self.first + timedelta(days=offset)

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last

    def meets(self, other: "Days") -> bool:
        return self.first <= other.last and other.first <= self.last

    def within(self, other: "Days") -> "Days | None":
        first, last = max(self.first, other.first), min(self.last, other.last)
        return Days(first, last) if first <= last else None


def span(runs: tuple[Days, ...]) -> Days:
    """From the first day of all to the last of all."""
    return Days(min(run.first for run in runs), max(run.last for run in runs))


def between(first: date, last: date) -> Days | None:
    """None where nothing lies between: an arrêt may end within its waiting days."""
    return Days(first, last) if first <= last else None
