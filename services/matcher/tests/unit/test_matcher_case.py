"""A case as a function of its facts: state tables cell by cell, balances of the worked cases."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from contracts.events import Acceptance
from matcher.domain.answers import STANDINGS, STEPS, TRANSITIONS
from matcher.domain.balance import PAYMENTS
from matcher.domain.case import ROWS, STATES, assess
from matcher.domain.facts import Deposit, Facts
from matcher.domain.matching import allocate, candidate, credits_of
from matcher.domain.slip import split

CASE = UUID(int=1)


@pytest.fixture
def case(law):
    """Assesses revisions, answers and statements as the flows do."""

    def make(revisions, statements=(), answers=(), deposits=()):
        facts = Facts(tuple(revisions), tuple(deposits), tuple(answers))
        payments = [payment for statement in statements for payment in split(statement)]
        found = allocate([candidate(CASE, facts)], payments)
        tied = credits_of(CASE, payments, found)
        return assess(Facts(facts.revisions, facts.deposits, facts.answers, tied), law)

    return make


def test_every_standing_knows_every_step():
    assert set(TRANSITIONS) == set(STANDINGS)
    for row in TRANSITIONS.values():
        assert set(row) == set(STEPS)
        assert set(row.values()) <= set(STANDINGS)


@pytest.mark.parametrize("standing", STANDINGS)
@pytest.mark.parametrize("step", STEPS)
def test_each_step_of_an_answer_does_what_its_rule_says(standing, step):
    after = TRANSITIONS[standing][step]
    decided = ("accepted", "refused")
    match step:
        case "accepted" | "documents-requested":
            assert after == step
        case "rejected":
            assert after == "refused"
        case "received":
            assert after == ("received" if standing == "declared" else standing)
        case "in-progress":
            assert after == (standing if standing in decided else "in-progress")
        case "corrected":
            assert after == ("declared" if standing == "refused" else standing)


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("payments", PAYMENTS)
def test_each_cell_of_the_states_does_what_its_rule_says(row, payments):
    state = STATES[row][payments]
    if row == "announced":
        assert state == "announced"
    elif payments == "wrong":
        assert state == "gap"
    elif row == "cancelled":
        assert state == "cancelled"
    elif payments == "complete":
        assert state == "settled"
    elif payments == "to-employee":
        assert state == "paid-to-employee"
    elif payments == "none":
        assert state == row
    elif payments == "nothing-due":
        assert state == ("settled" if row == "accepted" else row)
    else:
        assert state == (row if row in ("refused", "documents-requested") else "partly-paid")


def test_a_declared_case_shows_all_as_outstanding(case, revision):
    found = case([revision()])
    assert (found.state, str(found.gap)) == ("declared", "662.52")


def test_case_a_paid_in_full_settles(case, revision, statement, paid):
    found = case(
        [revision()], [statement("1", paid("2026-03-05", "2026-03-22", "710.10", "44.03", "3.55"))]
    )
    assert (found.state, str(found.gap)) == ("settled", "0.00")
    assert found.received == found.expected


def test_case_a_paid_in_two_slips_settles_in_spite_of_the_cents(case, revision, statement, paid):
    first = statement("1", paid("2026-03-05", "2026-03-15", "433.95", "26.90", "2.17"))
    second = statement("2", paid("2026-03-16", "2026-03-22", "276.15", "17.12", "1.38"))
    half = case([revision()], [first])
    assert (half.state, str(half.gap)) == ("partly-paid", "257.65")
    whole = case([revision()], [first, second])
    assert (whole.state, str(whole.gap)) == ("settled", "0.00")
    assert str(whole.received.net) == "662.53"


def test_a_and_b_settle_over_two_slips(case, revision, statement, paid, days):
    longer = revision(number=2, change="prolongation", period=days("2026-03-02", "2026-04-05"))
    first = statement("1", paid("2026-03-05", "2026-03-22", "710.10", "44.03", "3.55"))
    second = statement("2", paid("2026-03-23", "2026-04-05", "552.30", "34.24", "2.76"))
    half = case([revision(), longer], [first])
    assert (half.state, str(half.gap)) == ("partly-paid", "515.30")
    whole = case([revision(), longer], [first, second])
    assert (whole.state, str(whole.gap)) == ("settled", "0.00")
    assert str(whole.expected.net) == "1177.82"


@pytest.fixture
def accident(revision, pay, days):
    return revision(
        risk="accident-travail",
        accident_day=date(2026, 3, 3),
        period=days("2026-03-03", "2026-04-12"),
        subrogation=days("2026-03-03", "2026-12-31"),
        pay=pay({"2026-02": "2500.00"}, [("2026-02", "600.00", 3)]),
    )


@pytest.mark.parametrize("slips", [1, 2])
def test_case_c_settles_although_its_two_lines_lose_a_cent(case, accident, statement, paid, slips):
    early = paid("2026-03-04", "2026-03-31", "1491.00", "92.44", "7.46")
    late = paid("2026-04-01", "2026-04-12", "841.44", "52.17", "4.21")
    if slips == 1:
        made = [statement("1", early + late, insurance="AT")]
    else:
        made = [statement("1", early, insurance="AT"), statement("2", late, insurance="AT")]
    found = case([accident], made)
    assert (found.state, str(found.gap)) == ("settled", "0.00")
    assert str(found.expected.net) == "2176.17"
    assert str(found.received.net) == "2176.16"


def test_case_d_shows_its_gap(case, revision, statement, paid, pay):
    wages = pay({"2026-02": "3200.00", "2026-01": "3200.00", "2025-12": "3200.00"})
    found = case(
        [revision(pay=wages)],
        [statement("1", paid("2026-03-05", "2026-03-22", "746.46", "46.28", "3.73"))],
    )
    assert (found.state, str(found.gap)) == ("gap", "8.05")
    assert found.expected.gross - found.received.gross == Decimal("8.64")


def test_a_complement_closes_the_gap_of_case_d(case, revision, statement, paid, pay):
    wages = pay({"2026-02": "3200.00", "2026-01": "3200.00", "2025-12": "3200.00"})
    found = case(
        [revision(pay=wages)],
        [
            statement("1", paid("2026-03-05", "2026-03-22", "746.46", "46.28", "3.73")),
            statement(
                "2",
                paid("2026-03-05", "2026-03-22", "8.64", "0.54", "0.04"),
                accounting_day=date(2026, 5, 6),
            ),
        ],
    )
    assert (found.state, str(found.gap)) == ("settled", "0.00")


@pytest.fixture
def case_e(revision, statement, paid):
    returned = revision(number=2, change="return-to-work", returned_on=date(2026, 3, 19))
    later = date(2026, 4, 15)
    return (
        [revision(), returned],
        statement("1", paid("2026-03-05", "2026-03-22", "710.10", "44.03", "3.55")),
        statement(
            "2-back",
            paid("2026-03-05", "2026-03-22", "-710.10", "-44.03", "-3.55"),
            accounting_day=later,
        ),
        statement(
            "2-again",
            paid("2026-03-05", "2026-03-18", "552.30", "34.24", "2.76"),
            accounting_day=later,
        ),
    )


def test_case_e_shows_the_indu_after_the_return(case, case_e):
    revisions, first, _, _ = case_e
    found = case(revisions, [first])
    assert (found.state, str(found.gap)) == ("gap", "-147.22")
    assert str(found.expected.net) == "515.30"


def test_case_e_settles_after_reversal_and_new_payment(case, case_e):
    revisions, *statements = case_e
    found = case(revisions, statements)
    assert (found.state, str(found.gap)) == ("settled", "0.00")
    assert str(found.received.net) == "515.30"


def test_between_reversal_and_new_payment_the_gap_stays_open(case, case_e):
    revisions, first, back, again = case_e
    taken_back = case(revisions, [first, back])
    assert (taken_back.state, str(taken_back.gap)) == ("gap", "515.30")
    twice = case(revisions, [first, again])
    assert (twice.state, str(twice.gap)) == ("gap", "-662.52")


def test_rejected_is_refused_and_misses_everything(case, revision, answer):
    found = case(
        [revision()], answers=[answer("rejected", "2026-03-04T09:00", code="AVIS_NON_RECU")]
    )
    assert (found.state, str(found.gap)) == ("refused", "662.52")


def test_cancelled_before_payment_owes_nothing(case, revision):
    found = case([revision(), revision(number=2, change="cancellation", cancelled=True)])
    assert (found.state, str(found.gap), str(found.expected.net)) == ("cancelled", "0.00", "0.00")


def test_cancelled_after_payment_shows_the_indu_until_it_is_taken_back(
    case, revision, statement, paid
):
    revisions = [revision(), revision(number=2, change="cancellation", cancelled=True)]
    first = statement("1", paid("2026-03-05", "2026-03-22", "710.10", "44.03", "3.55"))
    back = statement(
        "2",
        paid("2026-03-05", "2026-03-22", "-710.10", "-44.03", "-3.55"),
        accounting_day=date(2026, 4, 15),
    )
    found = case(revisions, [first])
    assert (found.state, str(found.gap)) == ("gap", "-662.52")
    found = case(revisions, [first, back])
    assert (found.state, str(found.gap)) == ("cancelled", "0.00")


def test_not_subrogated_lines_are_recorded_and_not_received(case, revision, answer, statement):
    alone = revision(subrogation=None)
    accepted = answer("accepted", "2026-03-04T09:00")
    assert case([alone], answers=[accepted]).state == "accepted"
    lines = [
        ("IJNOR", "2026-03-05", "2026-03-22", "710.10", False),
        ("RETCSJ", "2026-03-05", "2026-03-22", "-44.03", False),
        ("RETCRD", "2026-03-05", "2026-03-22", "-3.55", False),
    ]
    found = case([alone], [statement("1", lines)], [accepted])
    assert (found.state, str(found.gap)) == ("paid-to-employee", "0.00")
    assert str(found.received.net) == "0.00"
    assert str(found.paid_to_employee.net) == "662.52"


def test_days_of_the_employer_that_went_to_the_employee_are_a_gap(case, revision, statement):
    lines = [
        ("IJNOR", "2026-03-05", "2026-03-22", "710.10", False),
        ("RETCSJ", "2026-03-05", "2026-03-22", "-44.03", False),
        ("RETCRD", "2026-03-05", "2026-03-22", "-3.55", False),
    ]
    found = case([revision()], [statement("1", lines)])
    assert (found.state, str(found.gap)) == ("gap", "662.52")


def test_an_unknown_expectation_calls_no_gap(case, revision, answer, statement, paid):
    accepted = answer("accepted", "2026-03-04T09:00")
    found = case([revision(pay=None)], answers=[accepted])
    assert (found.state, found.expected, found.gap) == ("accepted", None, None)
    slip = statement("1", paid("2026-03-05", "2026-03-22", "700.00", "43.40", "3.50"))
    found = case([revision(pay=None)], [slip], [accepted])
    assert (found.state, found.expected, found.gap) == ("settled", None, None)


def test_our_expectation_stays_when_the_cpam_says_another_amount(case, revision, answer):
    theirs = Acceptance(
        risk="maladie",
        first_payable_day=date(2026, 3, 5),
        accepted_until=date(2026, 3, 22),
        daily_gross=Decimal("38.00"),
    )
    found = case([revision()], answers=[answer("accepted", "2026-03-04T09:00", acceptance=theirs)])
    assert str(found.expected.net) == "662.52"


def test_documents_requested_then_accepted(case, revision, answer):
    answers = [
        answer("received", "2026-03-02T09:00"),
        answer("in-progress", "2026-03-03T09:00"),
        answer("documents-requested", "2026-03-04T09:00"),
    ]
    assert case([revision()], answers=answers).state == "documents-requested"
    answers.append(answer("accepted", "2026-03-09T09:00"))
    assert case([revision()], answers=answers).state == "accepted"


def test_a_correction_after_a_refusal_starts_anew(case, revision, answer):
    corrected = revision(number=2, change="correction")
    refused = answer("rejected", "2026-03-04T09:00")
    assert case([revision(), corrected], answers=[refused]).state == "declared"
    again = answer("accepted", "2026-03-08T09:00", revision=2)
    assert case([revision(), corrected], answers=[refused, again]).state == "accepted"


def test_an_answer_to_an_unknown_revision_waits_for_it(case, revision, answer):
    assert (
        case([revision()], answers=[answer("accepted", "2026-03-08T09:00", 2)]).state == "declared"
    )


def deposit(at, revision=1):
    from datetime import UTC, datetime

    return Deposit(revision, datetime.fromisoformat(at).replace(tzinfo=UTC))


def awaited(found):
    return [(wait.awaited, wait.revision, wait.over) for wait in found.waits]


def test_a_deposit_awaits_its_two_acknowledgements_and_then_a_payment(case, revision, answer):
    prepared = deposit("2026-03-02T08:00")
    assert awaited(case([revision()], deposits=[prepared])) == [
        ("technical-acknowledgement", 1, False)
    ]
    answers = [answer("received", "2026-03-02T08:01")]
    assert awaited(case([revision()], deposits=[prepared], answers=answers)) == [
        ("technical-acknowledgement", 1, True),
        ("acknowledgement", 1, False),
    ]
    answers.append(answer("accepted", "2026-03-04T09:00"))
    assert awaited(case([revision()], deposits=[prepared], answers=answers)) == [
        ("technical-acknowledgement", 1, True),
        ("acknowledgement", 1, True),
        ("payment", 1, False),
    ]


def test_no_payment_is_awaited_without_subrogation_after_refusal_or_cancellation(
    case, revision, answer
):
    accepted = answer("accepted", "2026-03-04T09:00")
    refused = answer("rejected", "2026-03-06T09:00")
    cancelled = revision(number=2, change="cancellation", cancelled=True)
    assert awaited(case([revision(subrogation=None)], answers=[accepted])) == []
    assert awaited(case([revision()], answers=[accepted, refused])) == []
    assert awaited(case([revision(), cancelled], answers=[accepted])) == []


def test_a_prolongation_awaits_the_payment_of_its_own_days(
    case, revision, answer, statement, paid, days
):
    longer = revision(number=2, change="prolongation", period=days("2026-03-02", "2026-04-05"))
    answers = [answer("accepted", "2026-03-04T09:00"), answer("accepted", "2026-03-20T09:00", 2)]
    slip = statement("1", paid("2026-03-05", "2026-03-22", "710.10", "44.03", "3.55"))
    found = case([revision(), longer], [slip], answers)
    assert awaited(found) == [("payment", 1, True), ("payment", 2, False)]
    assert found.waits[1].due.at.isoformat() == "2026-05-07T22:00:00+00:00"
