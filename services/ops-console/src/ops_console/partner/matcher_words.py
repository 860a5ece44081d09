"""The matcher's words, as far as the console reads them."""

import datetime as dt
from decimal import Decimal
from uuid import UUID

from contracts.money import Amounts

from ops_console.domain.case_file import Run
from ops_console.partner.upstream import Told


class Period(Told):
    first: dt.date
    last: dt.date

    def run(self) -> Run:
        return Run(self.first, self.last)


class Case(Told):
    case_id: UUID
    declaration_id: UUID
    tenant: str
    siret: str | None
    revision: int
    state: str
    expected: Amounts | None
    received: Amounts
    paid_to_employee: Amounts
    gap: Decimal | None
    opened_at: dt.datetime
    changed_at: dt.datetime


class Cases(Told):
    items: list[Case]
    next: str | None


class Rule(Told):
    label: str
    value: str
    unit: str
    source: str


class CalculationLine(Told):
    first: dt.date
    last: dt.date
    daily: Decimal
    gross: Decimal
    parameters: list[Rule]


class Calculation(Told):
    due: Period | None
    lines: list[CalculationLine]
    retenues: list[Rule]
    unknown: str | None


class Deadline(Told):
    awaited: str
    revision: int
    since: dt.datetime
    due_at: dt.datetime
    state: str


class WholeCase(Case):
    calculation: Calculation | None
    deadlines: list[Deadline]


class Declared(Told):
    revision: int
    change: str
    risk: str
    period: Period
    subrogation: Period | None
    returned_on: dt.date | None
    cancelled: bool


class Acceptance(Told):
    first_payable_day: dt.date
    accepted_until: dt.date
    daily_gross: Decimal
    claim_number: str | None = None


class Answered(Told):
    revision: int
    kind: str
    verdict: str
    code: str | None
    label: str | None
    reference: str | None
    acceptance: Acceptance | None


class Prepared(Told):
    revision: int


class SlipLine(Told):
    nature: str
    label: str | None
    first: dt.date | None
    last: dt.date | None
    days: int | None
    unit: Decimal | None
    amount: Decimal
    subrogated: bool


class Statement(Told):
    slip: str
    accounting_day: dt.date
    lines: list[SlipLine]
    tied: Amounts
    kinds: list[str]


class Expected(Told):
    amounts: Amounts | None
    unknown: str | None


class Became(Told):
    state: str
    gap: Decimal | None


class Entry(Told):
    at: dt.datetime
    declared: Declared | None = None
    prepared: Prepared | None = None
    answered: Answered | None = None
    statement: Statement | None = None
    expected: Expected | None = None
    state: Became | None = None


class Timeline(Told):
    items: list[Entry]


class Words(Told):
    fr: str


class OpenPayment(Told):
    siret: str
    accounting_day: dt.date
    status: str
    title: Words
    periods: list[Period]
    amounts: Amounts
    to_employer: bool


class Unmatched(Told):
    items: list[OpenPayment]
    next: str | None
