"""What is known of a case: declaration revisions, deposits, answers of the CPAM, payments.

Facts are kept as they came and never changed; everything that a case says is computed from them, so
that their order of arrival cannot matter.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, TypeVar
from uuid import UUID

from contracts.events import Acceptance, AnswerKind, Change, Risk, Verdict
from contracts.money import Amounts
from contracts.sealed import Pay

from matcher.domain.days import Days


@dataclass(frozen=True, slots=True)
class Revision:
    """The whole declaration as it stood after its revision `number`; `pay` never prints."""

    number: int
    change: Change
    siret: str
    person_ref: str
    risk: Risk
    period: Days
    declared_at: datetime
    last_worked_day: date | None = None
    accident_day: date | None = None
    subrogation: Days | None = None
    returned_on: date | None = None
    cancelled: bool = False
    pay: Pay | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Deposit:
    """One revision ready to be sent to the CPAM; the proof of deposit is a technical answer."""

    revision: int
    prepared_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """`key` names the answer within its case, however often it is delivered.

    An acceptance is shown beside our expectation and never replaces it. `reference` is the proof of
    deposit of a technical acknowledgement.
    """

    key: str
    revision: int
    kind: AnswerKind
    verdict: Verdict
    answered_at: datetime
    code: str | None = None
    label: str | None = None
    reference: str | None = None
    acceptance: Acceptance | None = None


@dataclass(frozen=True, slots=True, order=True)
class PaymentKey:
    statement_id: UUID
    ordinal: int


_Filed = TypeVar("_Filed", Answer, Deposit)

PaymentKind = Literal["payment", "reversal", "unreadable"]


@dataclass(frozen=True, slots=True)
class Payment:
    """Lines of one statement that stand or fall together: allowances with their own retenues.

    `gross`, `csg`, `crds` are signed; `periods` are the allowance lines' dates, in order.
    """

    key: PaymentKey
    slip: str
    siret: str
    insurance: str
    claim_number: str | None
    accounting_day: date
    kind: PaymentKind
    periods: tuple[Days, ...]
    amounts: Amounts
    to_employer: bool
    cause: str | None = None

    @property
    def order(self) -> tuple[date, bool, str, PaymentKey]:
        """Business order. Of one day the reversals come first: a reversal undoes an earlier day."""
        return (self.accounting_day, self.kind != "reversal", self.slip, self.key)


@dataclass(frozen=True, slots=True)
class Credit:
    """A payment tied to a case, with the reversal that undid it, if one came."""

    payment: Payment
    reversal: Payment | None = None

    @property
    def amounts(self) -> Amounts:
        if self.reversal is None:
            return self.payment.amounts
        return self.payment.amounts + self.reversal.amounts

    @property
    def undone(self) -> bool:
        return self.reversal is not None and self.amounts.net == 0


@dataclass(frozen=True, slots=True)
class Facts:
    revisions: tuple[Revision, ...] = ()
    deposits: tuple[Deposit, ...] = ()
    answers: tuple[Answer, ...] = ()
    credits: tuple[Credit, ...] = ()
    earlier_days: int = 0
    """Payable days of earlier arrêts of the same accident: they count towards the first rate."""

    @property
    def latest(self) -> Revision | None:
        return max(self.revisions, key=lambda revision: revision.number, default=None)

    def known_answers(self) -> tuple[Answer, ...]:
        """In business order. An answer to a revision that we have not seen yet waits for it."""
        return tuple(sorted(self._of_known(self.answers), key=_business_order))

    def known_deposits(self) -> tuple[Deposit, ...]:
        return tuple(sorted(self._of_known(self.deposits), key=lambda deposit: deposit.revision))

    def _of_known(self, facts: Iterable[_Filed]) -> list[_Filed]:
        known = {revision.number for revision in self.revisions}
        return [fact for fact in facts if fact.revision in known]


def _business_order(answer: Answer) -> tuple[int, datetime, bool, str]:
    return (answer.revision, answer.answered_at, answer.kind == "business", answer.key)
