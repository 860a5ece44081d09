"""One case as the console draws it, whatever services it was put together from.

Amounts are euros and concern the days that are the employer's; `gap` is missing net euros, negative
when too much was paid. Everything that may be unknown is None, never 0.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from contracts.money import Amounts

ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Run:
    """Both days included."""

    first: dt.date
    last: dt.date

    def __iter__(self) -> Iterator[dt.date]:
        return (self.first + n * ONE_DAY for n in range(len(self)))

    def __len__(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Revision:
    number: int
    change: str
    risk: str
    period: Run
    declared_at: dt.datetime
    subrogation: Run | None = None
    returned_on: dt.date | None = None
    cancelled: bool = False

    @property
    def effective(self) -> Run:
        """Without the days after the return to work."""
        if self.returned_on is None or self.returned_on <= self.period.first:
            return self.period
        return Run(self.period.first, min(self.period.last, self.returned_on - ONE_DAY))


@dataclass(frozen=True, slots=True)
class Acceptance:
    first_payable_day: dt.date
    accepted_until: dt.date
    daily_gross: Decimal
    claim_number: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    revision: int
    kind: str
    verdict: str
    answered_at: dt.datetime
    code: str | None = None
    label: str | None = None
    reference: str | None = None
    acceptance: Acceptance | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A legal parameter as it stood, with its source."""

    label: str
    value: str
    unit: str
    source: str


@dataclass(frozen=True, slots=True)
class Rate:
    """Gross euros a day over a run of days."""

    days: Run
    daily: Decimal
    gross: Decimal
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Calculation:
    """How the present expectation was computed; `due` are the days that are the employer's."""

    due: Run | None
    rates: tuple[Rate, ...]
    retenues: tuple[Rule, ...]
    unknown_because: str | None


@dataclass(frozen=True, slots=True)
class Expected:
    """One computation of the expected amounts; None = unknown."""

    at: dt.datetime
    amounts: Amounts | None
    unknown_because: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a slip as it came; `amount` is signed, a retenue is negative."""

    nature: str
    label: str | None
    first: dt.date | None
    last: dt.date | None
    days: int | None
    unit: Decimal | None
    amount: Decimal
    to_employer: bool

    @property
    def is_retenue(self) -> bool:
        return self.nature.startswith(("RET", "REG"))

    @property
    def run(self) -> Run | None:
        """The days that an allowance line pays or takes back."""
        if self.is_retenue or self.first is None or self.last is None or not self.amount:
            return None
        return Run(self.first, self.last)


@dataclass(frozen=True, slots=True)
class Payment:
    """One statement of a slip. `amounts` is what of it belongs to this case, `lines` all of it."""

    slip: str
    accounting_day: dt.date
    received_at: dt.datetime
    amounts: Amounts
    kinds: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def to_employer(self) -> bool:
        return any(line.to_employer for line in self.lines)

    @property
    def is_reversal(self) -> bool:
        return self.kinds == ("reversal",)


@dataclass(frozen=True, slots=True)
class Turn:
    """The state that the case entered at an instant."""

    at: dt.datetime
    state: str
    gap: Decimal | None


@dataclass(frozen=True, slots=True)
class Wait:
    """Something awaited from the CPAM. `pending` and `missed` ones have not come."""

    awaited: str
    revision: int
    since: dt.datetime
    due_at: dt.datetime
    state: str


@dataclass(frozen=True, slots=True)
class CaseFile:
    case_id: UUID
    declaration_id: UUID
    tenant: str
    siret: str | None
    state: str
    expected: Amounts | None
    received: Amounts
    paid_to_employee: Amounts
    gap: Decimal | None
    revisions: tuple[Revision, ...] = ()
    prepared: tuple[tuple[int, dt.datetime], ...] = ()
    """Revision and instant of each deposit made ready."""
    answers: tuple[Answer, ...] = ()
    calculation: Calculation | None = None
    expected_history: tuple[Expected, ...] = ()
    payments: tuple[Payment, ...] = ()
    turns: tuple[Turn, ...] = ()
    waits: tuple[Wait, ...] = ()

    @property
    def latest(self) -> Revision | None:
        return max(self.revisions, key=lambda revision: revision.number, default=None)

    @property
    def acceptance(self) -> Acceptance | None:
        given = [answer.acceptance for answer in self.answers if answer.acceptance]
        return given[-1] if given else None
