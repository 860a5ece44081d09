from datetime import date

import pytest
from declaration_gateway.domain.coherence import Facts, refusals, warnings

TODAY = date(2026, 3, 2)
FIRST, LAST = date(2026, 3, 2), date(2026, 3, 21)


def codes(facts: Facts) -> list[tuple[str, str]]:
    return [(error.field, error.code) for error in refusals(facts, TODAY)]


def test_an_ordinary_arret_is_coherent() -> None:
    assert codes(Facts(first=FIRST, last=LAST, risk="maladie", last_worked_day=FIRST)) == []


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(first=LAST, last=FIRST), ("period.last", "period-ends-before-start")),
        (Facts(first=date(2026, 6, 1)), ("period.first", "start-too-far")),
        (
            Facts(first=FIRST, last_worked_day=date(2026, 3, 3)),
            ("last_worked_day", "last-worked-day-after-start"),
        ),
        (
            Facts(first=FIRST, birth_date=FIRST),
            ("employee.birth_date", "birth-date-after-start"),
        ),
        (Facts(risk="accident-travail"), ("accident_day", "accident-day-missing")),
        (Facts(risk="accident-trajet"), ("accident_day", "accident-day-missing")),
        (Facts(risk="maladie-professionnelle"), ("accident_day", "accident-day-missing")),
        (
            Facts(risk="maladie", accident_day=FIRST, accident_day_given=True),
            ("accident_day", "accident-day-refused"),
        ),
        (
            Facts(first=FIRST, risk="accident-travail", accident_day=LAST, accident_day_given=True),
            ("accident_day", "accident-day-after-start"),
        ),
        (
            Facts(subrogation_first=LAST, subrogation_last=FIRST),
            ("subrogation.last", "subrogation-ends-before-start"),
        ),
        (
            Facts(first=LAST, subrogation_first=FIRST),
            ("subrogation.first", "subrogation-before-start"),
        ),
        (Facts(months=["2026-04"]), ("pay.months.0.month", "pay-month-future")),
        (
            Facts(months=["2026-01", "2026-02", "2026-01"]),
            ("pay.months.2.month", "pay-month-repeated"),
        ),
        (
            Facts(months=["2025-11", "2026-01", "2025-12", "2026-02"]),
            ("pay.months.2.month", "pay-months-unordered"),
        ),
        (Facts(bonus_months=["2027-01"]), ("pay.bonuses.0.month", "pay-month-future")),
    ],
)
def test_each_contradiction_has_its_own_code(facts: Facts, expected: tuple[str, str]) -> None:
    assert codes(facts) == [expected]


def test_months_may_go_forwards_or_backwards() -> None:
    months = ["2025-12", "2026-01", "2026-02"]
    assert codes(Facts(months=months)) == codes(Facts(months=months[::-1])) == []


def test_what_could_not_be_read_contradicts_nothing() -> None:
    assert codes(Facts(last=LAST, risk="accident-travail", accident_day_given=True)) == []
    assert codes(Facts(months=[None, "2026-01", None])) == []


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(first=FIRST, last=date(2027, 3, 4)), "period-long"),
        (Facts(first=date(2024, 3, 1)), "prescription-likely"),
        (
            Facts(first=FIRST, last_worked_day=date(2026, 1, 20)),
            "last-worked-day-long-before",
        ),
        (Facts(last=FIRST, subrogation_first=LAST), "subrogation-after-end"),
    ],
)
def test_what_is_only_unlikely_is_a_warning(facts: Facts, expected: str) -> None:
    assert refusals(facts, TODAY) == []
    assert [warned.code for warned in warnings(facts, TODAY)] == [expected]


def test_two_years_before_a_29_february_is_the_28th() -> None:
    leap_day = date(2028, 2, 29)
    assert warnings(Facts(first=date(2026, 2, 28)), leap_day) == []
    assert warnings(Facts(first=date(2026, 2, 27)), leap_day) != []
