"""Allocation of payments: one candidate or a person, and reversals by identical dates."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from contracts.events import Acceptance
from matcher.domain.facts import Facts
from matcher.domain.matching import Candidate, allocate, candidate, credits_of
from matcher.domain.slip import split

CASE = UUID(int=1)
OTHER = UUID(int=2)
WHOLE = ("2026-03-05", "2026-03-22", "710.10", "44.03", "3.55")
BACK = ("2026-03-05", "2026-03-22", "-710.10", "-44.03", "-3.55")


@pytest.fixture
def case(days):
    def make(case_id=CASE, first="2026-03-02", last="2026-03-22", **changes):
        made = Candidate(
            case_id, "73282932000074", frozenset({"AS"}), days(first, last), frozenset(), False
        )
        return replace(made, **changes)

    return make


def statuses(found):
    return [(item.status, item.cause, item.case_id) for item in found.values()]


def test_one_overlapping_case_gets_the_payment(case, statement, paid):
    found = allocate([case()], split(statement("s", paid(*WHOLE))))
    assert statuses(found) == [("matched", None, CASE)]


def test_two_overlapping_cases_go_to_a_person(case, statement, paid):
    found = allocate(
        [case(), case(OTHER, "2026-03-22", "2026-03-30")], split(statement("s", paid(*WHOLE)))
    )
    assert statuses(found) == [("review", "several-cases", None)]


@pytest.mark.parametrize(
    "changes",
    [
        {"insurance": "AT"},
        {"insurance": "MA"},
        {"siret": "82161143100015"},
    ],
)
def test_another_insurance_or_establishment_never_matches(case, statement, paid, changes):
    from contracts.identifiers import Siret

    if "siret" in changes:
        changes = {"siret": Siret(changes["siret"])}
    found = allocate([case()], split(statement("s", paid(*WHOLE), **changes)))
    assert statuses(found) == [("unmatched", "no-case", None)]


def test_no_overlap_waits(case, statement, paid):
    found = allocate([case(last="2026-03-04")], split(statement("s", paid(*WHOLE))))
    assert statuses(found) == [("unmatched", "no-case", None)]


def test_the_claim_number_decides_between_two_accidents(case, statement, paid):
    ours = case(claims=frozenset({"260303001"}))
    theirs = case(OTHER, claims=frozenset({"260101009"}))
    found = allocate([ours, theirs], split(statement("s", paid(*WHOLE), claim_number="260303001")))
    assert statuses(found) == [("matched", None, CASE)]


def test_a_payment_of_another_claim_is_not_taken(case, statement, paid):
    theirs = case(claims=frozenset({"260101009"}))
    found = allocate([theirs], split(statement("s", paid(*WHOLE), claim_number="260303001")))
    assert statuses(found) == [("unmatched", "no-case", None)]


def test_a_standing_declaration_comes_before_a_cancelled_one(case, statement, paid):
    found = allocate([case(OTHER, cancelled=True), case()], split(statement("s", paid(*WHOLE))))
    assert statuses(found) == [("matched", None, CASE)]


def test_one_slip_of_two_spells_is_shared_out(case, statement, paid):
    lines = paid("2026-03-05", "2026-03-11", "276.15", "17.12", "1.38")
    lines += paid("2026-04-08", "2026-04-14", "276.15", "17.12", "1.38")
    cases = [case(), case(OTHER, "2026-04-05", "2026-04-20")]
    found = allocate(cases, split(statement("s", lines)))
    assert [item.case_id for item in found.values()] == [CASE, OTHER]


def test_a_reversal_follows_the_payment_of_identical_dates(case, statement, paid):
    payments = split(statement("1", paid(*WHOLE))) + split(
        statement("2", paid(*BACK), accounting_day=date(2026, 4, 8))
    )
    found = allocate([case()], payments)
    assert [item.status for item in found.values()] == ["matched", "matched"]
    (credit,) = credits_of(CASE, payments, found)
    assert credit.undone


@pytest.mark.parametrize(
    ("dates", "cause"),
    [
        (("2026-03-05", "2026-03-18", "-552.30", "-34.24", "-2.76"), "reversal-alone"),
        (("2026-04-05", "2026-04-18", "-552.30", "-34.24", "-2.76"), "reversal-alone"),
    ],
)
def test_a_reversal_of_part_of_a_period_or_of_nothing_goes_to_a_person(
    case, statement, paid, dates, cause
):
    payments = split(statement("1", paid(*WHOLE))) + split(
        statement("2", paid(*dates), accounting_day=date(2026, 4, 8))
    )
    found = allocate([case()], payments)
    assert [item.cause for item in found.values()] == [None, cause]


def test_a_reversal_that_fits_two_payments_goes_to_a_person(case, statement, paid):
    complement = paid("2026-03-05", "2026-03-22", "8.64", "0.54", "0.04")
    payments = (
        split(statement("1", paid(*WHOLE)))
        + split(statement("2", complement))
        + split(statement("3", paid(*BACK), accounting_day=date(2026, 4, 8)))
    )
    found = allocate([case()], payments)
    assert [item.cause for item in found.values()] == [None, None, "reversal-of-several"]


def test_the_same_amount_for_the_same_days_in_another_slip_is_a_probable_duplicate(
    case, statement, paid
):
    payments = split(statement("1", paid(*WHOLE))) + split(statement("2", paid(*WHOLE)))
    found = allocate([case()], payments)
    assert [item.cause for item in found.values()] == [None, "probable-duplicate"]


def test_paid_again_after_a_reversal_is_no_duplicate(case, statement, paid):
    payments = (
        split(statement("1", paid(*WHOLE)))
        + split(statement("2", paid(*BACK), accounting_day=date(2026, 4, 8)))
        + split(statement("3", paid(*WHOLE), accounting_day=date(2026, 4, 20)))
    )
    found = allocate([case()], payments)
    assert [item.status for item in found.values()] == ["matched"] * 3


def test_a_case_is_sought_over_all_its_revisions_and_accepted_risks(revision, answer, days):
    shorter = revision(number=2, change="correction", period=days("2026-03-02", "2026-03-10"))
    accepted = Acceptance(
        risk="accident-travail",
        first_payable_day=date(2026, 3, 3),
        accepted_until=date(2026, 3, 22),
        daily_gross="39.00",
        claim_number="C1",
    )
    found = candidate(
        CASE,
        Facts(
            revisions=(revision(), shorter),
            answers=(answer("accepted", "2026-03-03T10:00", acceptance=accepted),),
        ),
    )
    assert found.days == days("2026-03-02", "2026-03-22")
    assert found.insurances == {"AS", "AT"}
    assert found.claims == {"C1"}
