"""The order of arrival of declarations, answers and slips never shows in the end."""

import random
from dataclasses import replace
from datetime import date
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matcher.domain.case import assess
from matcher.domain.facts import Deposit, Facts
from matcher.domain.matching import allocate, candidate, credits_of
from matcher.domain.slip import split

CASES = (UUID(int=1), UUID(int=2))


def fold(history, law):
    """Every fact as it comes, everything recomputed after each, as the flows do."""
    known = {case_id: Facts() for case_id in CASES}
    payments = []
    for case_id, kind, fact in history:
        if kind == "statement":
            payments += split(fact)
        else:
            held = getattr(known[case_id], kind)
            known[case_id] = replace(known[case_id], **{kind: (*held, fact)})
        candidates = [found for id_, facts in known.items() if (found := candidate(id_, facts))]
        allocations = allocate(candidates, payments)
        known = {
            id_: replace(facts, credits=credits_of(id_, payments, allocations))
            for id_, facts in known.items()
        }
    return ([assess(facts, law) for facts in known.values()], sorted(allocations.items()))


def history(revision, answer, statement, paid, days):
    """Two spells of one person: A with E's early return, prolongation, reversal, refusal."""
    first, second = CASES
    returned = revision(number=2, change="return-to-work", returned_on=date(2026, 3, 19))
    spring = days("2026-04-06", "2026-04-20")
    april = date(2026, 4, 15)
    whole = ("2026-03-05", "2026-03-22")
    return [
        (first, "revisions", revision()),
        (first, "revisions", returned),
        (first, "deposits", Deposit(1, answer("received", "2026-03-02T08:00").answered_at)),
        (first, "answers", answer("received", "2026-03-02T08:01")),
        (first, "answers", answer("documents-requested", "2026-03-03T08:01")),
        (first, "answers", answer("accepted", "2026-03-04T08:01")),
        (first, "answers", answer("received", "2026-03-19T08:01", 2)),
        (None, "statement", statement("1", paid(*whole, "710.10", "44.03", "3.55"))),
        (
            None,
            "statement",
            statement("2", paid(*whole, "-710.10", "-44.03", "-3.55"), accounting_day=april),
        ),
        (
            None,
            "statement",
            statement(
                "3",
                paid("2026-03-05", "2026-03-18", "552.30", "34.24", "2.76"),
                accounting_day=april,
            ),
        ),
        (second, "revisions", revision(period=spring, subrogation=spring)),
        (second, "answers", answer("rejected", "2026-04-09T08:01")),
        (
            None,
            "statement",
            statement("4", paid("2026-04-09", "2026-04-20", "473.40", "29.35", "2.37")),
        ),
    ]


def test_five_hundred_permutations_end_alike(revision, answer, statement, paid, days, law):
    facts = history(revision, answer, statement, paid, days)
    expected = fold(facts, law)
    assert [case.state for case in expected[0]] == ["settled", "settled"]
    shuffled = random.Random(26)
    for _ in range(500):
        order = shuffled.sample(facts, len(facts))
        assert fold(order, law) == expected


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_part_of_a_history_is_assessed_alike_in_any_order(
    revision, answer, statement, paid, days, law, data
):
    facts = history(revision, answer, statement, paid, days)
    part = data.draw(st.lists(st.sampled_from(range(len(facts))), unique=True, min_size=1))
    there = fold([facts[place] for place in part], law)
    back = fold([facts[place] for place in sorted(part)], law)
    assert there == back
