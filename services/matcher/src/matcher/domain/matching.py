"""Ties payments to cases: one person's payments and cases in, one allocation a payment out.

All of a person's payments are allocated anew, in business order, whenever one fact about the person
comes; so the result is a function of what is known and not of what came first. Amounts alone never
match, and where two cases or two payments fit a person decides.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from matcher.domain.days import Days, span
from matcher.domain.facts import Credit, Facts, Payment, PaymentKey

Status = Literal["matched", "unmatched", "review"]

INSURANCE = {
    "maladie": "AS",
    "accident-travail": "AT",
    "accident-trajet": "AT",
    "maladie-professionnelle": "AT",
}


@dataclass(frozen=True, slots=True)
class Allocation:
    """`cause` says why a payment is not tied to a case; `reverses` which payment it undoes."""

    status: Status
    case_id: UUID | None = None
    cause: str | None = None
    reverses: PaymentKey | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A case as matching sees it: everything that any of its revisions and answers has said."""

    case_id: UUID
    siret: str
    insurances: frozenset[str]
    days: Days
    claims: frozenset[str]
    cancelled: bool


def candidate(case_id: UUID, facts: Facts) -> Candidate | None:
    """None while no declaration is known."""
    latest = facts.latest
    if latest is None:
        return None
    accepted = [answer.acceptance for answer in facts.known_answers() if answer.acceptance]
    risks = [revision.risk for revision in facts.revisions] + [item.risk for item in accepted]
    return Candidate(
        case_id,
        latest.siret,
        frozenset(INSURANCE[risk] for risk in risks),
        span(tuple(revision.period for revision in facts.revisions)),
        frozenset(item.claim_number for item in accepted if item.claim_number),
        latest.cancelled,
    )


def allocate(
    cases: Sequence[Candidate], payments: Iterable[Payment]
) -> dict[PaymentKey, Allocation]:
    found: dict[PaymentKey, Allocation] = {}
    open_payments: list[Payment] = []
    for payment in sorted(payments, key=lambda payment: payment.order):
        if payment.kind == "unreadable":
            found[payment.key] = Allocation("review", cause=payment.cause)
        elif payment.kind == "reversal":
            found[payment.key] = _undo(payment, open_payments, found)
        else:
            found[payment.key] = _place(payment, cases, open_payments)
            open_payments.append(payment)
    return found


def credits_of(
    case_id: UUID, payments: Iterable[Payment], allocations: dict[PaymentKey, Allocation]
) -> tuple[Credit, ...]:
    """The payments tied to a case, each with its reversal."""
    tied = [item for item in payments if allocations[item.key].case_id == case_id]
    undoing = {allocations[item.key].reverses: item for item in tied if item.kind == "reversal"}
    return tuple(
        Credit(item, undoing.get(item.key))
        for item in sorted(tied, key=lambda item: item.order)
        if item.kind == "payment"
    )


def _undo(
    reversal: Payment, open_payments: list[Payment], found: dict[PaymentKey, Allocation]
) -> Allocation:
    """Follows the one payment of identical dates, wherever that payment stands."""
    fitting = [payment for payment in open_payments if _same_dates(payment, reversal)]
    if len(fitting) != 1:
        return Allocation("review", cause="reversal-of-several" if fitting else "reversal-alone")
    undone = fitting[0]
    open_payments.remove(undone)
    its = found[undone.key]
    return Allocation(its.status, its.case_id, its.cause, reverses=undone.key)


def _place(
    payment: Payment, cases: Sequence[Candidate], open_payments: list[Payment]
) -> Allocation:
    if any(_repeats(payment, earlier) for earlier in open_payments):
        return Allocation("review", cause="probable-duplicate")
    fitting = _fitting(payment, cases)
    if len(fitting) > 1:
        return Allocation("review", cause="several-cases")
    if not fitting:
        return Allocation("unmatched", cause="no-case")
    return Allocation("matched", fitting[0].case_id)


def _fitting(payment: Payment, cases: Sequence[Candidate]) -> list[Candidate]:
    fitting = [
        case
        for case in cases
        if case.siret == payment.siret
        and payment.insurance in case.insurances
        and any(case.days.meets(run) for run in payment.periods)
    ]
    if payment.claim_number is not None:
        of_claim = [case for case in fitting if payment.claim_number in case.claims]
        fitting = of_claim or [case for case in fitting if not case.claims]
    # A declaration cancelled and made again: the one that stands gets the money.
    return [case for case in fitting if not case.cancelled] or fitting


def _same_dates(payment: Payment, reversal: Payment) -> bool:
    return (
        payment.siret == reversal.siret
        and payment.insurance == reversal.insurance
        and payment.to_employer == reversal.to_employer
        and payment.periods == reversal.periods
        and (
            None in (payment.claim_number, reversal.claim_number)
            or payment.claim_number == reversal.claim_number
        )
    )


def _repeats(payment: Payment, earlier: Payment) -> bool:
    """The same days for the same amount in another slip."""
    return (
        payment.slip != earlier.slip
        and _same_dates(payment, earlier)
        and payment.amounts == earlier.amounts
    )
