"""Cases on a real database: the worked cases, told to the doors and read at the outbox."""

from datetime import UTC, date, datetime, timedelta

import pytest
from contracts.events import (
    DeclarationCancelled,
    DeclarationCorrected,
    DeclarationProlonged,
    Period,
    ReturnDeclared,
)
from sqlalchemy import text

WHOLE = ("2026-03-05", "2026-03-22", "710.10", "44.03", "3.55")
BACK = ("2026-03-05", "2026-03-22", "-710.10", "-44.03", "-3.55")
AGAIN = ("2026-03-05", "2026-03-18", "552.30", "34.24", "2.76")


def march(day, hour=9):
    return datetime(2026, 3, day, hour, tzinfo=UTC)


async def declare(matcher, arret, **changes):
    await matcher.hear(await arret.declared(**changes), stream=arret.declaration_id)


async def accept(matcher, arret):
    stream = arret.submission()
    await matcher.hear(arret.prepared(), stream=stream)
    await matcher.hear(arret.acknowledged(), stream=stream)
    await matcher.hear(arret.answered("accepted", march(3)), stream=stream)


async def pay(matcher, statement):
    await matcher.hear(statement, stream=statement.statement_id)


async def test_case_a_is_told_from_opening_to_settlement(matcher, arret, slip, paid):
    case_a = arret()
    await declare(matcher, case_a)
    await accept(matcher, case_a)
    await pay(matcher, slip(case_a, "1", paid(*WHOLE)))
    case = await matcher.case(case_a.declaration_id)
    assert (case.state, str(case.gap)) == ("settled", "0.00")
    assert case.expected == case.received
    assert await matcher.told_types(case_a.declaration_id) == [
        "opened",
        "expected",
        "answered",
        "answered",
        "matched",
        "settled",
    ]


async def test_an_answer_before_its_declaration_waits_in_a_shell(matcher, arret):
    early = arret()
    await accept(matcher, early)
    assert (await matcher.case(early.declaration_id)).state == "announced"
    assert await matcher.told(early.declaration_id) == []
    await declare(matcher, early)
    assert (await matcher.case(early.declaration_id)).state == "accepted"
    assert await matcher.told_types(early.declaration_id) == [
        "opened",
        "expected",
        "answered",
        "answered",
    ]


async def test_a_statement_before_its_declaration_is_kept_and_tried_again(
    matcher, arret, slip, paid
):
    early = arret()
    await pay(matcher, slip(early, "1", paid(*WHOLE)))
    assert await open_payments(matcher) == [("unmatched", "no-case")]
    await declare(matcher, early)
    assert await open_payments(matcher) == []
    assert (await matcher.case(early.declaration_id)).state == "settled"
    assert await matcher.told_types(early.declaration_id) == [
        "opened",
        "expected",
        "matched",
        "settled",
    ]


async def open_payments(matcher):
    async with matcher.db.begin() as tx:
        found = await tx.execute(
            text("select status, cause from payment where status <> 'matched' order by 1, 2")
        )
        return [tuple(row) for row in found]


async def test_every_fact_told_twice_changes_nothing(matcher, arret, slip, paid):
    twice = arret()
    events = [
        (await twice.declared(), twice.declaration_id),
        (twice.prepared(), twice.submission()),
        (twice.acknowledged(), twice.submission()),
        (twice.answered("accepted", march(3)), twice.submission()),
        (statement := slip(twice, "1", paid(*WHOLE)), statement.statement_id),
    ]
    for data, stream in events:
        await matcher.hear(data, stream=stream)
    before = (await matcher.case(twice.declaration_id), await matcher.told(twice.declaration_id))
    matcher.clock.move_to(march(20))
    for data, stream in events:
        await matcher.hear(data, stream=stream)
    after = (await matcher.case(twice.declaration_id), await matcher.told(twice.declaration_id))
    assert before == after


async def test_a_and_b_settle_over_two_slips(matcher, arret, slip, paid):
    both = arret()
    await declare(matcher, both)
    longer = await both.declared(
        DeclarationProlonged,
        revision=2,
        change="prolongation",
        period=Period(first=date(2026, 3, 2), last=date(2026, 4, 5)),
    )
    await matcher.hear(longer, stream=both.declaration_id)
    await pay(matcher, slip(both, "1", paid(*WHOLE)))
    half = await matcher.case(both.declaration_id)
    assert (half.state, str(half.gap)) == ("partly-paid", "515.30")
    await pay(matcher, slip(both, "2", paid("2026-03-23", "2026-04-05", "552.30", "34.24", "2.76")))
    whole = await matcher.case(both.declaration_id)
    assert (whole.state, str(whole.expected.net), str(whole.gap)) == ("settled", "1177.82", "0.00")
    assert await matcher.told_types(both.declaration_id) == [
        "opened",
        "expected",
        "expected",
        "matched",
        "matched",
        "settled",
    ]


@pytest.mark.parametrize("reversal_first", [True, False])
async def test_case_e_is_told_alike_whichever_of_its_two_statements_comes_first(
    matcher, arret, slip, paid, reversal_first
):
    case_e = arret()
    await declare(matcher, case_e)
    await pay(matcher, slip(case_e, "1", paid(*WHOLE)))
    returned = await case_e.declared(
        ReturnDeclared, revision=2, change="return-to-work", returned_on=date(2026, 3, 19)
    )
    await matcher.hear(returned, stream=case_e.declaration_id)
    indu = await matcher.case(case_e.declaration_id)
    assert (indu.state, str(indu.gap)) == ("gap", "-147.22")
    april = date(2026, 4, 15)
    two = [
        slip(case_e, "2-back", paid(*BACK), accounting_day=april),
        slip(case_e, "2-again", paid(*AGAIN), accounting_day=april),
    ]
    for each in two if reversal_first else reversed(two):
        await pay(matcher, each)
    case = await matcher.case(case_e.declaration_id)
    assert (case.state, str(case.received.net), str(case.gap)) == ("settled", "515.30", "0.00")
    assert await matcher.told_types(case_e.declaration_id) == [
        "opened",
        "expected",
        "matched",
        "settled",
        "expected",
        "reopened",
        "gap-found",
        "matched",
        "matched",
        "gap-closed",
        "settled",
    ]


async def test_case_d_finds_its_gap_once(matcher, arret, slip, paid):
    case_d = arret(pay={"2026-02": "3200.00", "2026-01": "3200.00", "2025-12": "3200.00"})
    await declare(matcher, case_d)
    lines = paid("2026-03-05", "2026-03-22", "746.46", "46.28", "3.73")
    await pay(matcher, slip(case_d, "1", lines))
    found = (await matcher.told(case_d.declaration_id))[-1]
    assert (found.type, str(found.gap)) == ("fr.jonction.case.gap-found", "8.05")


async def test_unknown_pay_is_expected_as_unknown(matcher, arret):
    unknown = arret(pay=None)
    await declare(matcher, unknown)
    (opened,) = await matcher.told(unknown.declaration_id)
    assert (opened.expected, opened.gap) == (None, None)


async def test_cancelled_before_payment(matcher, arret):
    gone = arret()
    await declare(matcher, gone)
    await matcher.hear(gone.prepared(), stream=gone.submission())
    cancelled = await gone.declared(
        DeclarationCancelled, revision=2, change="cancellation", cancelled=True
    )
    await matcher.hear(cancelled, stream=gone.declaration_id)
    case = await matcher.case(gone.declaration_id)
    assert (case.state, str(case.gap), str(case.expected.net)) == ("cancelled", "0.00", "0.00")
    assert (await matcher.told_types(gone.declaration_id))[-1] == "cancelled"
    assert await matcher.watch(march(31)) == 0


async def test_two_cases_that_fit_leave_the_money_to_a_person(matcher, arret, slip, paid):
    first = arret()
    second = arret(person_ref=first.person_ref)
    await declare(matcher, first)
    await pay(matcher, slip(first, "1", paid(*WHOLE)))
    assert (await matcher.case(first.declaration_id)).state == "settled"
    await declare(matcher, second)
    assert await open_payments(matcher) == [("review", "several-cases")]
    reopened = await matcher.case(first.declaration_id)
    assert (reopened.state, str(reopened.received.net)) == ("declared", "0.00")
    assert (await matcher.told_types(first.declaration_id))[-1] == "reopened"


async def test_a_relapse_declared_first_is_computed_again_when_its_accident_is_known(
    matcher, arret
):
    accident = arret(pay={"2026-02": "2700.00"})
    relapse = arret(person_ref=accident.person_ref, pay={"2026-04": "2700.00"})
    injury = {"risk": "accident-travail", "accident_day": date(2026, 3, 3)}
    may = Period(first=date(2026, 5, 4), last=date(2026, 5, 13))
    await declare(matcher, relapse, period=may, **injury)
    assert str((await matcher.case(relapse.declaration_id)).expected.gross) == "532.50"
    spring = Period(first=date(2026, 3, 3), last=date(2026, 4, 12))
    await declare(matcher, accident, period=spring, **injury)
    assert str((await matcher.case(relapse.declaration_id)).expected.gross) == "701.20"
    assert await matcher.told_types(relapse.declaration_id) == ["opened", "expected", "expected"]


async def test_days_after_the_end_of_the_subrogation_go_to_the_employee(matcher, arret, slip, paid):
    ended = arret()
    await declare(
        matcher, ended, subrogation=Period(first=date(2026, 3, 2), last=date(2026, 3, 15))
    )
    lines = paid("2026-03-05", "2026-03-15", "433.95", "26.90", "2.17")
    rest = paid("2026-03-16", "2026-03-22", "276.15", "17.12", "1.38")
    lines += [(*line, False) for line in rest]
    await pay(matcher, slip(ended, "1", lines))
    case = await matcher.case(ended.declaration_id)
    assert (case.state, str(case.gap)) == ("settled", "0.00")
    assert (str(case.received.net), str(case.paid_to_employee.net)) == ("404.88", "257.65")


async def test_a_correction_of_the_person_moves_the_money_with_it(matcher, arret, slip, paid):
    wrong = arret()
    await declare(matcher, wrong)
    right = arret(declaration_id=wrong.declaration_id)
    await pay(matcher, slip(right, "1", paid(*WHOLE)))
    assert await open_payments(matcher) == [("unmatched", "no-case")]
    corrected = await right.declared(DeclarationCorrected, revision=2, change="correction")
    await matcher.hear(corrected, stream=wrong.declaration_id)
    assert await open_payments(matcher) == []
    assert (await matcher.case(wrong.declaration_id)).state == "settled"


async def test_an_answer_of_an_unknown_revision_is_told_after_that_revision(matcher, arret):
    case = arret()
    await declare(matcher, case)
    await matcher.hear(case.answered("accepted", march(20), 2), stream=case.submission(2))
    assert await matcher.told_types(case.declaration_id) == ["opened", "expected"]
    longer = await case.declared(
        DeclarationProlonged,
        revision=2,
        change="prolongation",
        period=Period(first=date(2026, 3, 2), last=date(2026, 4, 5)),
    )
    await matcher.hear(longer, stream=case.declaration_id)
    assert (await matcher.told_types(case.declaration_id))[2:] == ["expected", "answered"]


async def test_every_cent_collected_stands_somewhere(matcher, arret, slip, paid):
    """Collected = matched + unmatched + review, after each step."""
    case = arret()
    lines = [*paid(*WHOLE), ("NEUVE", "2026-03-05", "2026-03-22", "12.34")]
    steps = [
        slip(case, "1", lines),
        slip(case, "2", paid(*WHOLE)),
        slip(case, "3", [("RPR", None, None, "-5.00")]),
        slip(case, "4", paid(*BACK), accounting_day=date(2026, 4, 15)),
    ]
    for number, each in enumerate(steps):
        await pay(matcher, each)
        if number == 1:
            await declare(matcher, case)
        async with matcher.db.begin() as tx:
            collected, placed = (
                await tx.execute(
                    text(
                        "select (select sum(total) from statement), (select sum(net) from payment)"
                    )
                )
            ).one()
        assert collected == placed
    assert sorted(cause for _, cause in await open_payments(matcher)) == [
        "indu-line",
        "probable-duplicate",
        # It fits the payment and its duplicate.
        "reversal-of-several",
        "unknown-nature",
    ]


async def test_pay_rests_sealed(matcher, arret):
    await declare(matcher, arret())
    async with matcher.db.begin() as tx:
        pays = (await tx.execute(text("select pay from revision"))).scalars().all()
    assert all("2400" not in pay and "month" not in pay for pay in pays)


async def test_silence_is_told_once_and_ends_with_the_late_answer(matcher, arret):
    silent = arret()
    await declare(matcher, silent)
    await matcher.hear(silent.prepared(), stream=silent.submission())
    await matcher.hear(silent.acknowledged(), stream=silent.submission())
    due = datetime(2026, 3, 5, 23, tzinfo=UTC)
    assert await matcher.watch(due - timedelta(seconds=1)) == 0
    assert await matcher.watch(due) == 1
    assert await matcher.watch(due + timedelta(days=3)) == 0
    await matcher.hear(silent.answered("accepted", march(9)), stream=silent.submission())
    told = await matcher.told(silent.declaration_id)
    assert [event.type.rpartition(".")[2] for event in told[2:]] == [
        "answered",
        "overdue",
        "answered",
        "overdue-ended",
    ]
    assert (told[3].awaited, told[3].due_at, told[3].missed_at) == ("acknowledgement", due, due)
    assert (told[5].reason, told[5].overdue_id) == ("came", told[3].overdue_id)


async def test_an_answer_before_the_due_instant_leaves_no_alert(matcher, arret):
    quick = arret()
    await declare(matcher, quick)
    await accept(matcher, quick)
    assert await matcher.watch(march(31)) == 0


async def test_a_missing_technical_acknowledgement_is_missed_after_an_hour(matcher, arret):
    lost = arret()
    await declare(matcher, lost)
    await matcher.hear(lost.prepared(march(2, 8)), stream=lost.submission())
    assert await matcher.watch(march(2, 9)) == 1
    told = (await matcher.told(lost.declaration_id))[-1]
    assert told.awaited == "technical-acknowledgement"


async def test_a_cancelled_case_ends_its_lateness(matcher, arret):
    silent = arret()
    await declare(matcher, silent)
    await matcher.hear(silent.prepared(), stream=silent.submission())
    await matcher.hear(silent.acknowledged(), stream=silent.submission())
    await matcher.watch(march(6))
    cancelled = await silent.declared(
        DeclarationCancelled, revision=2, change="cancellation", cancelled=True
    )
    await matcher.hear(cancelled, stream=silent.declaration_id)
    ended = [e for e in await matcher.told(silent.declaration_id) if "ended" in e.type]
    assert [event.reason for event in ended] == ["no-longer-awaited"]


async def test_a_payment_that_does_not_come_is_missed_after_45_days(matcher, arret, slip, paid):
    unpaid = arret()
    await declare(matcher, unpaid)
    await accept(matcher, unpaid)
    due = datetime(2026, 4, 19, 22, tzinfo=UTC)
    assert await matcher.watch(due) == 1
    await pay(matcher, slip(unpaid, "1", paid(*WHOLE)))
    assert (await matcher.told_types(unpaid.declaration_id))[-4:] == [
        "overdue",
        "matched",
        "overdue-ended",
        "settled",
    ]
