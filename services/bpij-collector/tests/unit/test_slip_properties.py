"""Whatever a slip says: no line lost, no cent moved, and any bytes end in a slip or a refusal."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from bpij_collector.domain.slip import fingerprint
from bpij_collector.domain.statement import split
from bpij_collector.domain.totals import check_totals
from bpij_collector.partner.archive import data_file
from bpij_collector.partner.codes import Codes
from bpij_collector.partner.slip_xml import SlipReader
from chassis.errors import Refused
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

READER = SlipReader(Codes.load())
NATURES = ("IJNOR", "IJMAJ", "CAR", "RPR", "RETCSJ", "RETCRD", "REGRCJ", "XYZ")
DAYS = st.integers(0, 20).map(lambda after: date(2026, 3, 1) + timedelta(days=after))


@st.composite
def drawn_line(draw: Any) -> dict[str, Any]:
    first = draw(st.none() | DAYS)
    last = first and first + timedelta(days=draw(st.integers(0, 10)))
    return {
        "nature": draw(st.sampled_from(NATURES)),
        "amount": str(draw(st.decimals(-2000, 2000, places=2))),
        "first": first and first.isoformat(),
        "last": last and last.isoformat(),
        "claim": draw(st.sampled_from([None, None, "260301", "260302"])),
        "sub": draw(st.sampled_from(["true", "false"])),
    }


QUICK = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@QUICK
@given(st.lists(drawn_line(), min_size=1, max_size=12))
def test_splitting_keeps_every_line_and_every_cent(make: Any, lines: list[dict[str, Any]]) -> None:
    slip = READER.read(make.render([make.person(lines)]))
    check_totals(slip)
    found = split(slip)
    assert sorted(str(line) for each in found for line in each.lines) == sorted(
        str(line) for line in slip.insured()[0].benefits[0].lines
    )
    assert sum((each.total for each in found), Decimal(0)) == slip.total
    assert len({each.place for each in found}) == len(found)
    for each in found:
        money = [line for line in each.lines if line.kind != "retenue" and line.amount]
        assert len({line.amount < 0 for line in money}) <= 1


@QUICK
@given(st.lists(drawn_line(), min_size=1, max_size=6), st.data())
def test_one_changed_cent_is_always_noticed(
    make: Any, lines: list[dict[str, Any]], data: st.DataObject
) -> None:
    slip = make.render([make.person(lines), make.person()])
    amounts = [place for place in range(len(slip)) if slip.startswith(b"<Montant>", place)]
    at = data.draw(st.sampled_from(amounts)) + len(b"<Montant>")
    end = slip.index(b"<", at)
    changed = Decimal(slip[at:end].decode()) + Decimal("0.01")
    wrong = slip[:at] + f"{changed:.2f}".encode() + slip[end:]
    with pytest.raises(Refused, match=r"^(total|line)-"):
        check_totals(READER.read(wrong))


@QUICK
@given(st.data())
def test_spoilt_bytes_end_in_a_refusal_or_the_same_slip(make: Any, data: st.DataObject) -> None:
    raw = bytearray(make.pack(make.render()))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        slip = READER.read(data_file(bytes(raw)))
    except Refused:
        return
    assert fingerprint(slip) == fingerprint(READER.read(make.render()))


@QUICK
@given(st.binary(max_size=2000))
def test_any_bytes_end_in_a_refusal(content: bytes) -> None:
    for read in (data_file, READER.read):
        with pytest.raises(Refused):
            read(content)
