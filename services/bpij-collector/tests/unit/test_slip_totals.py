"""B4 and the line rule: one wrong sum sets the whole file aside."""

from typing import Any

import pytest
from bpij_collector.domain.totals import check_totals
from bpij_collector.partner.codes import Codes
from bpij_collector.partner.slip_xml import SlipReader
from chassis.errors import Refused

READER = SlipReader(Codes.load())


def refused_as(content: bytes) -> tuple[str, dict[str, str]]:
    with pytest.raises(Refused) as refused:
        check_totals(READER.read(content))
    return refused.value.code, refused.value.params


def test_right_sums_pass(make: Any) -> None:
    check_totals(READER.read(make.render([make.person(), make.person(nir="2900675112044")])))


def test_wrong_total_of_the_declarant_is_refused(make: Any) -> None:
    assert refused_as(make.render(total_declarant="662.53")) == ("total-declarant", {})


def test_wrong_total_of_an_employer_is_refused(make: Any) -> None:
    content = make.render(total_employer="662.53", total_declarant="662.53")
    assert refused_as(content) == ("total-employer", {"place": "1"})


def test_wrong_total_of_a_person_is_refused(make: Any) -> None:
    content = make.render([make.person(), make.person(total="662.53")])
    assert refused_as(content) == ("total-insured", {"place": "1.1.2"})


def test_amount_that_is_not_unit_times_days_is_refused(make: Any) -> None:
    lines = make.case_a()
    lines[0]["unit"] = "39.46"
    assert refused_as(make.render([make.person(lines)])) == ("line-amount", {"place": "1.1.1.1"})


def test_reversed_line_is_right_by_its_absolute_value(make: Any) -> None:
    lines = make.paid("2026-03-05", "2026-03-22", 18, "-39.45", "44.03", "3.55")
    check_totals(READER.read(make.render([make.person(lines)])))
    lines[0] |= {"unit": "39.45"}
    check_totals(READER.read(make.render([make.person(lines)])))


def test_line_without_unit_or_without_days_is_not_multiplied(make: Any) -> None:
    lines = [
        make.line("IJNOR", "710.10", "2026-03-05", "2026-03-22", days=18),
        make.line("IJNOR", "710.10", "2026-03-05", "2026-03-22", unit="39.45"),
    ]
    check_totals(READER.read(make.render([make.person(lines)])))
