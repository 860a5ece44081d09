"""B6, B8, B13, B14: one statement a person, insurance, claim, accounting day and sign."""

from decimal import Decimal
from typing import Any, get_args

from bpij_collector.domain.slip_life import TRANSITIONS, SlipEvent, SlipState
from bpij_collector.domain.statement import PaymentStatement, split
from bpij_collector.partner.codes import Codes
from bpij_collector.partner.slip_xml import SlipReader

READER = SlipReader(Codes.load())


def statements(make: Any, *people: Any) -> list[PaymentStatement]:
    slip = READER.read(make.render(list(people)))
    found = split(slip)
    assert sum((each.total for each in found), Decimal(0)) == slip.total
    assert sum(len(each.lines) for each in found) == slip.line_count()
    assert len({each.place for each in found}) == len(found)
    return found


def shown(found: list[PaymentStatement]) -> list[tuple[str, str, list[str]]]:
    return [(each.sign, str(each.total), [line.nature for line in each.lines]) for each in found]


def test_payment_keeps_its_retenues(make: Any) -> None:
    (found,) = statements(make, make.person())
    assert shown([found]) == [("+", "662.52", ["IJNOR", "RETCSJ", "RETCRD"])]
    assert found.insurance == "AS"


def test_reversal_and_shortened_payment_part_with_their_own_retenues(make: Any) -> None:
    undone = make.paid("2026-03-05", "2026-03-22", 18, "-39.45", "44.03", "3.55")
    again = make.paid("2026-03-05", "2026-03-18", 14, "39.45", "-34.24", "-2.76")
    found = statements(make, make.person([*undone, *again]))
    assert shown(found) == [
        ("-", "-662.52", ["IJNOR", "RETCSJ", "RETCRD"]),
        ("+", "515.30", ["IJNOR", "RETCSJ", "RETCRD"]),
    ]


def test_payment_and_reversal_on_the_same_days_part_their_retenues_by_direction(make: Any) -> None:
    undone = make.paid("2026-03-05", "2026-03-22", 18, "-39.45", "44.03", "3.55")
    again = make.paid("2026-03-05", "2026-03-22", 18, "41.95", "-46.82", "-3.78")
    mixed = [undone[0], again[0], again[1], undone[1], undone[2], again[2]]
    assert shown(statements(make, make.person(mixed))) == [
        ("-", "-662.52", ["IJNOR", "RETCSJ", "RETCRD"]),
        ("+", "704.50", ["IJNOR", "RETCSJ", "RETCRD"]),
    ]


def test_retenue_over_the_whole_period_follows_the_payments_inside_it(make: Any) -> None:
    lines = [
        make.line("IJNOR", "433.95", "2026-03-05", "2026-03-15", days=11, unit="39.45"),
        make.line("IJNOR", "276.15", "2026-03-16", "2026-03-22", days=7, unit="39.45"),
        make.line("RETCSJ", "-44.03", "2026-03-05", "2026-03-22"),
        make.line("RETCRD", "-3.55", None, None),
    ]
    (found,) = statements(make, make.person(lines))
    assert shown([found]) == [("+", "662.52", ["IJNOR", "IJNOR", "RETCSJ", "RETCRD"])]


def test_retenues_given_back_alone_stand_by_their_own_sign(make: Any) -> None:
    lines = [make.line("REGRCJ", "4.00", None, None), make.line("RETRRD", "-1.00", None, None)]
    assert shown(statements(make, make.person(lines))) == [
        ("+", "4.00", ["REGRCJ"]),
        ("-", "-1.00", ["RETRRD"]),
    ]


def test_recovered_overpayment_is_apart_from_the_payment(make: Any) -> None:
    lines = [*make.case_a(), make.line("RPR", "-20.00", None, None)]
    assert shown(statements(make, make.person(lines)))[1] == ("-", "-20.00", ["RPR"])


def test_waiting_days_without_amount_stay_with_the_payment(make: Any) -> None:
    waiting = make.line("CAR", "0.00", "2026-03-02", "2026-03-04", days=3)
    (found,) = statements(make, make.person([waiting, *make.case_a()]))
    assert found.sign == "+"
    assert found.lines[0].nature == "CAR"


def test_two_claims_of_one_person_are_two_statements(make: Any) -> None:
    lines = [
        *make.paid("2026-03-05", "2026-03-10", 6, "40.00", "-14.88", "-1.20", claim="260301"),
        *make.paid("2026-03-11", "2026-03-15", 5, "50.00", "-15.50", "-1.25", claim="260302"),
    ]
    found = statements(make, make.person(lines, insurance="AT"))
    assert [(each.claim, str(each.total)) for each in found] == [
        ("260301", "223.92"), ("260302", "233.25"),
    ]  # fmt: skip


def test_retenue_without_claim_follows_its_payments_claim(make: Any) -> None:
    lines = [
        make.line("IJNOR", "240.00", "2026-03-05", "2026-03-10", claim="260301"),
        make.line("RETCSJ", "-14.88", "2026-03-05", "2026-03-10"),
        make.line("IJNOR", "250.00", "2026-03-11", "2026-03-15", claim="260302"),
    ]
    found = statements(make, make.person(lines, insurance="AT"))
    assert [(each.claim, str(each.total)) for each in found] == [
        ("260301", "225.12"), ("260302", "250.00"),
    ]  # fmt: skip


def test_line_paid_to_the_employee_says_so(make: Any) -> None:
    lines = [each | {"sub": "false"} for each in make.case_a()]
    (found,) = statements(make, make.person(lines))
    assert not any(line.subrogated for line in found.lines)


def test_two_people_and_two_insurances_are_three_statements(make: Any) -> None:
    other = make.person(nir="2900675112044")
    accident = make.person(insurance="AT")
    found = statements(make, make.person(), other, accident)
    assert [(each.place, each.insurance) for each in found] == [
        ("1.1.1:AS:+:1", "AS"), ("1.1.2:AS:+:1", "AS"), ("1.1.3:AT:+:1", "AT"),
    ]  # fmt: skip


def test_life_of_a_slip_cell_by_cell() -> None:
    states = get_args(SlipState)
    events = get_args(SlipEvent)
    walked = {(s, e): TRANSITIONS.get((s, e)) for s in states for e in events}
    assert {cell: after for cell, after in walked.items() if after} == {
        ("fetched", "accepted"): "read",
        ("fetched", "found-again"): "ignored",
        ("fetched", "refused"): "quarantined",
        ("quarantined", "put-back"): "fetched",
    }
