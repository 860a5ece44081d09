import datetime as dt
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from uuid import uuid4

from contracts.money import ZERO, Amounts
from ops_console.domain import french
from ops_console.domain.case_file import Calculation, CaseFile, Line, Payment, Revision, Run, Wait
from ops_console.domain.deposits import Deposit
from ops_console.domain.picture import Picture, picture
from ops_console.domain.timeline import timeline

START = dt.date(2026, 3, 2)


def day(number: int) -> dt.date:
    return START + dt.timedelta(days=number - 1)


def instant(day_of_march: int, hour: int = 8) -> dt.datetime:
    return dt.datetime(2026, 3, day_of_march, hour, tzinfo=dt.UTC)


def case() -> CaseFile:
    """21 days of arrêt, 3 of carence, 18 due, nothing paid."""
    period = Run(day(1), day(21))
    return CaseFile(
        case_id=uuid4(),
        declaration_id=uuid4(),
        tenant="t",
        siret=None,
        state="accepted",
        expected=None,
        received=Amounts.zero(),
        paid_to_employee=Amounts.zero(),
        gap=None,
        revisions=(Revision(1, "initial", "maladie", period, instant(3), subrogation=period),),
        calculation=Calculation(Run(day(4), day(21)), (), (), None),
    )


def paid(first: int, last: int, *, sign: int = 1, to_employer: bool = True) -> Payment:
    allowance = Line(
        "IJNOR", None, day(first), day(last), None, None, Decimal(100 * sign), to_employer
    )
    retenue = replace(allowance, nature="RETCSJ", amount=Decimal(-6 * sign))
    return Payment("slip", day(25), instant(27), Amounts.zero(), ("payment",), (allowance, retenue))


def drawn(given: CaseFile) -> Picture:
    found = picture(given)
    assert found is not None
    return found


def summaries(given: CaseFile) -> list[str]:
    return [lane.summary for lane in drawn(given).lanes]


def test_due_days_that_are_not_paid_are_missing() -> None:
    assert summaries(replace(case(), payments=(paid(4, 14),))) == [
        "21 jours d'arrêt",
        "3 jours de carence, 18 jours dus à l'employeur",
        "11 jours payés à l'employeur, 7 jours pas encore payés",
    ]


def test_payment_taken_back_leaves_its_days_unpaid() -> None:
    payments = (paid(4, 21), paid(4, 21, sign=-1), paid(4, 17))

    assert summaries(replace(case(), payments=payments))[2] == (
        "14 jours payés à l'employeur, 4 jours pas encore payés"
    )


def test_prolongation_and_return_are_told_apart() -> None:
    first = case().revisions[0]
    longer = replace(first, number=2, change="prolongation", period=Run(day(1), day(30)))
    back = replace(longer, number=3, change="return-to-work", returned_on=day(26))

    assert summaries(replace(case(), revisions=(first, longer, back)))[0] == (
        "21 jours d'arrêt, 4 jours de prolongation, 5 jours repris"
    )


def test_bars_fill_the_width_and_never_more() -> None:
    for lane in drawn(replace(case(), payments=(paid(4, 21),))).lanes:
        for bar in lane.bars:
            assert bar.x >= 0
            assert bar.x + bar.width <= 100.01


def test_case_of_three_years_keeps_its_labels_apart() -> None:
    long = Run(START, START + dt.timedelta(days=1094))
    ticks = drawn(replace(case(), revisions=(replace(case().revisions[0], period=long),))).ticks

    assert all(b.x - a.x >= 10.9 for a, b in pairwise(ticks))


def test_case_known_by_an_echo_only_has_no_picture() -> None:
    assert picture(replace(case(), revisions=())) is None


def test_what_is_still_awaited_stands_at_the_end() -> None:
    wait = Wait(
        "acknowledgement", 1, instant(4), dt.datetime(2026, 3, 9, 23, tzinfo=dt.UTC), "missed"
    )
    story = timeline(replace(case(), waits=(wait,), payments=(paid(4, 21),)), [], [])

    assert story[-1].to_come
    assert story[-1].date == dt.date(2026, 3, 9)
    assert "fin de journée" in story[-1].entries[0].facts[0]


def test_deposit_of_unknown_outcome_asks_for_attention() -> None:
    sent = Deposit(1, instant(3), "JKB1", "00", 1, doubt="UNKNOWN", doubt_since=instant(3, 9))
    story = timeline(case(), [sent], [])

    [entry] = [e for day in story for e in day.entries if e.tone == "warn"]
    assert "rien n'est envoyé une seconde fois" in entry.facts[0]


def test_french_days_have_their_ordinal_and_their_range() -> None:
    assert french.days(dt.date(2026, 4, 1), dt.date(2026, 4, 12)) == "du 1er au 12 avril 2026"
    assert french.days(dt.date(2026, 2, 28), dt.date(2026, 3, 3)) == "du 28 février au 3 mars 2026"
    assert (
        french.euros(Decimal("-1234.5")) == "−1\N{NARROW NO-BREAK SPACE}234,50\N{NO-BREAK SPACE}€"
    )
    assert french.count(0, "mail", "mails") == "0 mail"


def test_zero_is_not_a_gap() -> None:
    assert french.euros(ZERO).startswith("0,00")
