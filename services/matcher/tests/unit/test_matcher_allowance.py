"""The daily amounts of domain rules: worked cases, published maxima, and the known traps."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from matcher.domain.allowance import earlier_days
from matcher.domain.days import Days
from matcher.domain.expectation import expect
from matcher.domain.wages import months_before


def amounts(expectation):
    found = expectation.amounts
    return (str(found.gross), str(found.csg), str(found.crds), str(found.net))


def daily(expectation):
    return [(len(rate.days), str(rate.daily)) for rate in expectation.rates]


def test_case_a_is_eighteen_days_after_three_of_carence(revision, law):
    expected = expect([revision()], law)
    assert daily(expected) == [(18, "39.45")]
    assert amounts(expected) == ("710.10", "44.03", "3.55", "662.52")


def test_case_a2_caps_each_month(revision, pay, law):
    wages = pay({"2026-02": "3200.00", "2026-01": "3200.00", "2025-12": "3200.00"})
    expected = expect([revision(pay=wages)], law)
    assert daily(expected) == [(18, "41.95")]
    assert amounts(expected) == ("755.10", "46.82", "3.78", "704.50")


def test_case_b_prolongs_at_the_same_rate_without_carence(revision, days, law):
    longer = revision(number=2, change="prolongation", period=days("2026-03-02", "2026-04-05"))
    expected = expect([revision(), longer], law)
    assert daily(expected) == [(32, "39.45")]
    assert expected.amounts.net == Decimal("1177.82")


@pytest.fixture
def accident(revision, pay, days):
    def make(wages=None, **changes):
        return revision(
            risk="accident-travail",
            accident_day=days("2026-03-03", "2026-03-03").first,
            period=days("2026-03-03", "2026-04-12"),
            subrogation=days("2026-03-03", "2026-12-31"),
            pay=wages or pay({"2026-02": "2500.00"}, [("2026-02", "600.00", 3)]),
            **changes,
        )

    return make


def test_case_c_turns_to_the_net_limit_on_the_29th_day(accident, days, law):
    expected = expect([accident()], law)
    assert daily(expected) == [(28, "53.25"), (12, "70.12")]
    assert expected.rates[0].days == days("2026-03-04", "2026-03-31")
    assert amounts(expected) == ("2332.44", "144.61", "11.66", "2176.17")


@pytest.mark.parametrize(
    ("monthly", "first", "later"),
    [("7000.00", "138.07", "181.79"), ("15000.00", "240.49", "320.66")],
)
def test_accident_ceilings_bind_high_wages(accident, pay, law, monthly, first, later):
    expected = expect([accident(pay({"2026-02": monthly}))], law)
    assert daily(expected) == [(28, first), (12, later)]


def test_a_relapse_goes_on_counting_the_days_of_its_accident(accident, pay, days, law):
    first = accident()
    april = pay({"2026-04": "2700.00"})
    relapse = replace(first, period=days("2026-05-04", "2026-05-13"), pay=april)
    count = earlier_days(relapse, [first], law)
    assert count == 40
    assert daily(expect([relapse], law, earlier_days=count)) == [(10, "70.12")]
    short = replace(first, period=days("2026-03-03", "2026-03-23"))
    counted = expect([relapse], law, earlier_days=earlier_days(relapse, [short], law))
    assert [len(rate.days) for rate in counted.rates] == [8, 2]


def test_only_earlier_arrets_of_the_same_accident_count(accident, days, law):
    relapse = replace(accident(), period=days("2026-05-04", "2026-05-13"))
    others = [
        replace(accident(), accident_day=date(2026, 2, 3)),
        replace(accident(), cancelled=True),
        replace(accident(), risk="maladie"),
        replace(accident(), period=days("2026-06-04", "2026-06-13")),
    ]
    assert earlier_days(relapse, others, law) == 0


def test_an_accident_arret_that_starts_later_is_paid_from_its_first_day(accident, days, law):
    later = accident()
    started = expect([later], law).due.first
    assert started == days("2026-03-04", "2026-03-04").first
    late = replace(later, period=days("2026-03-10", "2026-04-12"))
    assert expect([late], law).due.first == days("2026-03-10", "2026-03-10").first


@pytest.mark.parametrize(
    ("month", "maximum"),
    [
        ("2020-01", "45.01"),
        ("2020-02", "45.55"),
        ("2021-01", "45.55"),
        ("2021-02", "46.00"),
        ("2021-10", "46.00"),
        ("2021-11", "47.03"),
        ("2022-02", "47.43"),
        ("2022-06", "48.69"),
        ("2022-09", "49.68"),
        ("2023-02", "50.58"),
        ("2023-06", "51.70"),
        ("2024-02", "52.28"),
        ("2024-12", "53.31"),
        ("2025-03", "53.31"),
        ("2025-04", "41.47"),
        ("2026-01", "41.47"),
        ("2026-02", "41.95"),
        ("2026-06", "41.95"),
        ("2026-07", "42.97"),
    ],
)
def test_the_sickness_maximum_is_the_published_one(revision, pay, law, month, maximum):
    arret = of_month(revision, pay, f"{month}-01", ["9000.00"] * 3)
    assert daily(expect([arret], law)) == [(7, maximum)]


@pytest.mark.parametrize(
    ("year", "first", "later"),
    [
        (2019, "202.78", "270.38"),
        (2020, "205.84", "274.46"),
        (2022, "205.84", "274.46"),
        (2023, "220.14", "293.51"),
        (2024, "232.03", "309.37"),
        (2025, "235.69", "314.25"),
        (2026, "240.49", "320.66"),
    ],
)
def test_the_accident_maxima_are_the_published_ones(revision, pay, law, year, first, later):
    arret = of_month(revision, pay, f"{year}-06-01", ["20000.00"] * 3, length=40)
    accident = replace(arret, risk="accident-trajet")
    assert daily(expect([accident], law)) == [(28, first), (12, later)]


def of_month(revision, pay, first, wages, length=10):
    """An arrêt from `first`, wages from the month before it backwards."""
    start = date.fromisoformat(first)
    period = Days(start, start + timedelta(days=length - 1))
    history = dict(zip(months_before(start, 3), wages, strict=True))
    return revision(period=period, subrogation=period, pay=pay(history))


@pytest.mark.parametrize(
    ("first", "wages", "amount"),
    [
        ("2025-03-31", ["3000.00"] * 3, "49.32"),
        ("2025-04-01", ["3000.00"] * 3, "41.47"),
        # The cap is per month: capping the sum would give 40.55.
        ("2026-07-01", ["3400.00", "2000.00", "2000.00"], "36.24"),
        # Half up: 32.8767.
        ("2026-03-02", ["2000.00"] * 3, "32.88"),
    ],
)
def test_boundary_dates_and_rounding(revision, pay, law, first, wages, amount):
    assert daily(expect([of_month(revision, pay, first, wages)], law)) == [(7, amount)]


def test_missing_history_is_unknown_and_never_zero(revision, pay, law):
    for history in (None, pay({"2026-02": "2400.00", "2026-01": "2400.00"})):
        expected = expect([revision(pay=history)], law)
        assert (expected.amounts, expected.unknown) == (None, "pay-history")
        assert len(expected.due) == 18


def test_a_month_told_twice_is_unknown(revision, law):
    once = revision()
    doubled = once.pay.model_copy(update={"months": [*once.pay.months, once.pay.months[0]]})
    assert expect([revision(pay=doubled)], law).unknown == "pay-history"


def test_the_re_established_wage_replaces_an_incomplete_month(revision, law):
    once = revision()
    months = [*once.pay.months]
    months[0] = months[0].model_copy(
        update={"gross": Decimal("100.00"), "reestablished": Decimal("2400.00")}
    )
    expected = expect([revision(pay=once.pay.model_copy(update={"months": months}))], law)
    assert expected.amounts.net == Decimal("662.52")


def test_accident_needs_the_last_month_only(accident, pay, law):
    assert expect([accident(pay({"2026-01": "2500.00"}))], law).unknown == "pay-history"


def test_a_year_without_known_ceiling_is_unknown(revision, pay, law):
    arret = of_month(revision, pay, "2027-02-01", ["3000.00"] * 3)
    accident = replace(arret, risk="maladie-professionnelle")
    assert expect([accident], law).unknown == "parameters"


def test_not_subrogated_expects_zeros_even_without_history(revision, law):
    expected = expect([revision(subrogation=None, pay=None)], law)
    assert amounts(expected) == ("0.00", "0.00", "0.00", "0.00")


def test_cancelled_expects_zeros(revision, law):
    cancelled = revision(number=2, change="cancellation", cancelled=True)
    assert amounts(expect([revision(), cancelled], law)) == ("0.00", "0.00", "0.00", "0.00")


def test_only_subrogated_days_are_expected(revision, days, law):
    expected = expect([revision(subrogation=days("2026-03-02", "2026-03-11"))], law)
    assert daily(expected) == [(7, "39.45")]


def test_an_arret_within_its_carence_expects_nothing(revision, days, law):
    expected = expect([revision(period=days("2026-03-02", "2026-03-04"))], law)
    assert (expected.due, expected.amounts.net) == (None, Decimal("0.00"))


def test_a_first_day_that_was_worked_is_no_carence_day(revision, days, law):
    expected = expect([revision(last_worked_day=days("2026-03-02", "2026-03-02").first)], law)
    assert expected.due.first == days("2026-03-06", "2026-03-06").first


def test_case_e_ends_on_the_eve_of_the_return(revision, days, law):
    back = days("2026-03-19", "2026-03-19").first
    returned = revision(number=2, change="return-to-work", returned_on=back)
    expected = expect([revision(), returned], law)
    assert daily(expected) == [(14, "39.45")]
    assert expected.amounts.net == Decimal("515.30")


def test_a_prolongation_past_a_rise_of_the_smic_keeps_the_first_amount(revision, pay, days, law):
    wages = pay({"2026-04": "4000.00", "2026-03": "4000.00", "2026-02": "4000.00"})
    start = revision(period=days("2026-05-20", "2026-06-10"), pay=wages)
    longer = revision(
        number=2, change="prolongation", period=days("2026-05-20", "2026-08-10"), pay=None
    )
    assert {rate.daily for rate in expect([start, longer], law).rates} == {Decimal("41.95")}


def test_bonuses_of_sickness_count_where_they_were_paid(revision, pay, law):
    history = {"2026-02": "2000.00", "2026-01": "2000.00", "2025-12": "2000.00"}
    expected = expect([revision(pay=pay(history, [("2026-01", "300.00", 3)]))], law)
    assert daily(expected) == [(18, "34.52")]


def test_parameters_carry_their_date_and_source(revision, law):
    used = {each.name: each for each in expect([revision()], law).rates[0].parameters}
    assert str(used["smic-hourly"].since) == "2026-01-01"
    assert all(each.source and each.label for each in used.values())
