"""The period of a case as bars on one scale of days: the arrêt, what is due, what was paid.

Pure geometry in percent of the width, so that the drawing follows the window while its text keeps
its size. Every bar says in words what it shows.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from ops_console.domain.case_file import ONE_DAY, CaseFile, Line, Run
from ops_console.domain.french import count, days

Kind = Literal[
    "leave",
    "extension",
    "returned",
    "cancelled",
    "waiting",
    "accident",
    "due",
    "owed-employee",
    "employee",
    "paid",
    "missing",
]
_SHOW_EACH_DAY = 62
_WIDE_APART, _NARROW_APART = 11.0, 26.0


@dataclass(frozen=True, slots=True)
class Bar:
    kind: Kind
    run: Run
    x: float
    width: float
    text: str


@dataclass(frozen=True, slots=True)
class Lane:
    """`parts` say in words how many days of each kind there are."""

    name: str
    parts: list[tuple[Kind, str]]
    bars: list[Bar]

    @property
    def summary(self) -> str:
        return ", ".join(text for _, text in self.parts) or "aucun jour"


@dataclass(frozen=True, slots=True)
class Tick:
    """`narrow`: also labelled on a narrow screen."""

    day: dt.date
    x: float
    narrow: bool


@dataclass(frozen=True, slots=True)
class Picture:
    span: Run
    lanes: list[Lane]
    ticks: list[Tick]
    day_lines: list[float]


# One day, several days.
_TEXTS: dict[Kind, tuple[str, str]] = {
    "leave": ("jour d'arrêt", "jours d'arrêt"),
    "extension": ("jour de prolongation", "jours de prolongation"),
    "returned": ("jour repris", "jours repris"),
    "cancelled": ("jour annulé", "jours annulés"),
    "waiting": ("jour de carence", "jours de carence"),
    "accident": ("jour de l'accident", "jours avant l'indemnisation"),
    "due": ("jour dû à l'employeur", "jours dus à l'employeur"),
    "owed-employee": ("jour dû au salarié", "jours dus au salarié"),
    "employee": ("jour versé au salarié", "jours versés au salarié"),
    "paid": ("jour payé à l'employeur", "jours payés à l'employeur"),
    "missing": ("jour pas encore payé", "jours pas encore payés"),
}


def picture(case: CaseFile) -> Picture | None:
    """None while no revision of the declaration is known."""
    latest = case.latest
    if latest is None:
        return None
    span = _span(case)
    draw = _Drawing(span)
    leave = _leave_days(case)
    due = _due_days(case)
    paid = _paid_days(case, due)
    lanes = [draw.lane("Arrêt", leave), draw.lane("Indemnités", due)]
    lanes.append(draw.lane("Paiements", paid))
    return Picture(
        span=span,
        lanes=lanes,
        ticks=draw.ticks(),
        day_lines=draw.day_lines(),
    )


def _span(case: CaseFile) -> Run:
    periods = [revision.period for revision in case.revisions]
    periods += [run for run, _ in _paid_runs(case)]
    return Run(min(run.first for run in periods), max(run.last for run in periods))


def _leave_days(case: CaseFile) -> dict[dt.date, Kind]:
    kinds: dict[dt.date, Kind] = {}
    ordered = sorted(case.revisions, key=lambda revision: revision.number)
    latest = ordered[-1]
    if latest.cancelled:
        return dict.fromkeys(latest.period, "cancelled")
    for day in latest.period:
        kinds[day] = "leave" if day <= ordered[0].period.last else "extension"
    known = max(revision.period.last for revision in ordered)
    if latest.effective.last < known:
        after = Run(latest.effective.last + ONE_DAY, known)
        kinds |= dict.fromkeys(after, "returned")
    return kinds


def _due_days(case: CaseFile) -> dict[dt.date, Kind]:
    latest = case.latest
    if latest is None or latest.cancelled:
        return {}
    first_payable = _first_payable(case)
    due = set(case.calculation.due or ()) if case.calculation else set()
    # After an accident there is no carence: the employer pays the day itself.
    before: Kind = "waiting" if latest.risk == "maladie" else "accident"
    kinds: dict[dt.date, Kind] = {}
    for day in latest.effective:
        if day in due:
            kinds[day] = "due"
        elif first_payable is not None:
            kinds[day] = before if day < first_payable else "owed-employee"
    return kinds


def _first_payable(case: CaseFile) -> dt.date | None:
    """As computed, or else as the CPAM accepted it."""
    known = []
    if case.calculation is not None and case.calculation.due is not None:
        known.append(case.calculation.due.first)
    if case.acceptance is not None:
        known.append(case.acceptance.first_payable_day)
    return min(known, default=None)


def _paid_days(case: CaseFile, due: dict[dt.date, Kind]) -> dict[dt.date, Kind]:
    kinds: dict[dt.date, Kind] = {
        day: "missing" for day, kind in due.items() if kind == "due" and case.state != "refused"
    }
    times: Counter[tuple[dt.date, bool]] = Counter()
    for run, line in _paid_runs(case):
        for day in run:
            times[day, line.to_employer] += 1 if line.amount > 0 else -1
    for (day, to_employer), number in sorted(times.items()):
        if number > 0:
            kinds[day] = "paid" if to_employer else "employee"
    return kinds


def _paid_runs(case: CaseFile) -> Iterator[tuple[Run, Line]]:
    """Allowance lines of the case; a statement may also pay another arrêt of the same person."""
    leaves = {day for revision in case.revisions for day in revision.period}
    for payment in case.payments:
        for line in payment.lines:
            if line.run is not None and not leaves.isdisjoint(line.run):
                yield line.run, line


class _Drawing:
    def __init__(self, span: Run) -> None:
        self._span = span
        self._step = 100 / len(span)

    def _x(self, day: dt.date) -> float:
        return round((day - self._span.first).days * self._step, 3)

    def lane(self, name: str, kinds: dict[dt.date, Kind]) -> Lane:
        bars = [
            Bar(
                kind,
                run,
                self._x(run.first),
                round(len(run) * self._step, 3),
                f"{count(len(run), *_TEXTS[kind])}, {days(run.first, run.last)}",
            )
            for kind, run in _runs(kinds)
        ]
        return Lane(name, _parts(kinds), bars)

    def ticks(self) -> list[Tick]:
        """The first day, then Mondays or first days of months, as many as can be read."""
        starts = self._starts()
        wide = self._thinned(starts, _WIDE_APART)
        narrow = self._thinned(starts, _NARROW_APART)
        return [Tick(day, self._x(day), day in narrow) for day in wide]

    def _starts(self) -> list[dt.date]:
        by_month = len(self._span) > 2 * _SHOW_EACH_DAY
        later = (day for day in self._span if (day.day == 1 if by_month else day.weekday() == 0))
        return [self._span.first, *later]

    def _thinned(self, starts: Iterable[dt.date], apart: float) -> list[dt.date]:
        kept: list[dt.date] = []
        for day in starts:
            x = self._x(day)
            if not kept or (x - self._x(kept[-1]) >= apart and x <= 100 - apart / 2):
                kept.append(day)
        return kept

    def day_lines(self) -> list[float]:
        if len(self._span) > _SHOW_EACH_DAY:
            return []
        return [self._x(day) for day in self._span][1:]


def _runs(kinds: dict[dt.date, Kind]) -> list[tuple[Kind, Run]]:
    ordered = sorted(kinds.items())
    numbered = [(day.toordinal() - place, kind, day) for place, (day, kind) in enumerate(ordered)]
    found = []
    for (_, kind), group in groupby(numbered, key=lambda item: (item[0], item[1])):
        run = [day for _, _, day in group]
        found.append((kind, Run(run[0], run[-1])))
    return found


def _parts(kinds: dict[dt.date, Kind]) -> list[tuple[Kind, str]]:
    numbers = Counter(kinds.values())
    return [(kind, count(numbers[kind], *_TEXTS[kind])) for kind in _TEXTS if numbers[kind]]
