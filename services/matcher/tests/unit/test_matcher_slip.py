"""Statements split into payments: retenues with their allowances, and not a cent lost."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matcher.domain.slip import split


def nets(payments):
    return [str(payment.amounts.net) for payment in payments]


def test_allowance_and_its_retenues_are_one_payment(statement, paid, days):
    (payment,) = split(statement("s", paid("2026-03-05", "2026-03-22", "710.10", "44.03", "3.55")))
    assert payment.kind == "payment"
    assert payment.periods == (days("2026-03-05", "2026-03-22"),)
    assert payment.amounts.csg == Decimal("44.03")
    assert payment.amounts.net == Decimal("662.52")


def test_each_period_keeps_its_own_retenues(statement, paid):
    lines = paid("2026-03-04", "2026-03-31", "1491.00", "92.44", "7.46")
    lines += paid("2026-04-01", "2026-04-12", "841.44", "52.17", "4.21")
    assert nets(split(statement("s", lines))) == ["1391.10", "785.06"]


def test_a_retenue_over_two_periods_joins_them(statement, days):
    (payment,) = split(
        statement(
            "s",
            [
                ("IJNOR", "2026-03-04", "2026-03-31", "1491.00"),
                ("IJMAJ", "2026-04-01", "2026-04-12", "841.44"),
                ("RETCSJ", "2026-03-04", "2026-04-12", "-144.61"),
                ("RETCRD", "2026-03-04", "2026-04-12", "-11.66"),
            ],
        )
    )
    assert len(payment.periods) == 2
    assert payment.amounts.net == Decimal("2176.17")


def test_retenues_without_dates_follow_the_allowances_before_them(statement):
    lines = [
        ("IJNOR", "2026-03-05", "2026-03-15", "433.95"),
        ("RETCSJ", None, None, "-26.90"),
        ("RETCRD", None, None, "-2.17"),
        ("IJNOR", "2026-03-16", "2026-03-22", "276.15"),
        ("RETCSJ", None, None, "-17.12"),
        ("RETCRD", None, None, "-1.38"),
    ]
    assert nets(split(statement("s", lines))) == ["404.88", "257.65"]


def test_retenues_at_the_end_without_dates_cover_all(statement):
    lines = [
        ("IJNOR", "2026-03-05", "2026-03-15", "433.95"),
        ("IJNOR", "2026-03-16", "2026-03-22", "276.15"),
        ("RETCSJ", None, None, "-44.03"),
        ("RETCRD", None, None, "-3.55"),
    ]
    assert nets(split(statement("s", lines))) == ["662.52"]


def test_negative_lines_are_a_reversal(statement, paid):
    (payment,) = split(
        statement("s", paid("2026-03-05", "2026-03-22", "-710.10", "-44.03", "-3.55"))
    )
    assert (payment.kind, str(payment.amounts.net)) == ("reversal", "-662.52")


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        ([("NEUVE", "2026-03-05", "2026-03-22", "10.00")], "unknown-nature"),
        ([("CIN", "2026-03-05", "2026-03-22", "-10.00")], "indu-line"),
        ([("RPR", None, None, "-10.00")], "indu-line"),
        ([("IJNOR", None, "2026-03-22", "10.00")], "line-without-dates"),
        ([("IJNOR", "2026-03-05", None, "10.00")], "line-without-dates"),
        ([("RETCSJ", "2026-03-05", "2026-03-22", "-10.00")], "retenue-alone"),
    ],
)
def test_what_cannot_be_read_for_sure_goes_to_a_person(statement, lines, cause):
    (payment,) = split(statement("s", lines))
    assert (payment.kind, payment.cause) == ("unreadable", cause)


def test_carence_lines_without_amount_are_left_out(statement, paid):
    lines = [
        ("CAR", "2026-03-02", "2026-03-04", "0.00"),
        *paid("2026-03-05", "2026-03-22", "710.10", "44.03", "3.55"),
    ]
    assert nets(split(statement("s", lines))) == ["662.52"]


def test_lines_to_the_employee_stand_apart(statement):
    lines = [
        ("IJNOR", "2026-03-05", "2026-03-11", "276.15", True),
        ("RETCSJ", "2026-03-05", "2026-03-11", "-17.12", True),
        ("IJNOR", "2026-03-12", "2026-03-22", "433.95", False),
        ("RETCSJ", "2026-03-12", "2026-03-22", "-26.90", False),
    ]
    assert [payment.to_employer for payment in split(statement("s", lines))] == [True, False]


natures = st.sampled_from(["IJNOR", "IJMAJ", "RETCSJ", "RETCRD", "REGRCJ", "CAR", "CIN", "XYZ"])
dates = st.one_of(st.none(), st.dates().map(str))
euros = st.integers(-100_000, 100_000).map(lambda cents: str(Decimal(cents) / 100))


@given(lines=st.lists(st.tuples(natures, dates, dates, euros, st.booleans()), max_size=8))
def test_no_cent_of_a_statement_is_lost(lines):
    from contracts.events import StatementReceived
    from contracts.identifiers import Siret

    given_lines = [
        {"nature": nature, "first": first, "last": last, "amount": amount, "subrogated": subrogated}
        for nature, first, last, amount, subrogated in lines
    ]
    total = sum((Decimal(line["amount"]) for line in given_lines), Decimal("0.00"))
    statement = StatementReceived(
        statement_id="00000000-0000-4000-8000-000000000002",
        account="a",
        slip="s",
        siret=Siret("73282932000074"),
        person_ref="ref-1",
        caisse="751",
        accounting_day="2026-03-25",
        insurance="AS",
        lines=given_lines,
        total=total,
        received_at="2026-03-26T08:00:00Z",
        person="k1." + "A" * 40,
    )
    payments = split(statement)
    assert sum((payment.amounts.net for payment in payments), Decimal(0)) == total
    for payment in payments:
        of = payment.amounts
        assert of.net == of.gross - of.csg - of.crds
