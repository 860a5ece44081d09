"""From XML to our words: open lists stay open, dates lose their zone, refusals name nobody."""

import hashlib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bpij_collector.domain.slip import Notice, Slip, fingerprint
from bpij_collector.partner import slip_xml
from bpij_collector.partner.codes import Codes
from bpij_collector.partner.slip_xml import SlipReader
from chassis.errors import Refused

READER = SlipReader(Codes.load())


def read(content: bytes) -> Slip:
    return READER.read(content)


def refusal(content: bytes) -> Refused:
    with pytest.raises(Refused) as refused:
        READER.read(content)
    return refused.value


def test_slip_of_case_a_is_read_to_the_cent(make: Any) -> None:
    slip = read(make.render())
    (employer,) = slip.employers
    (office,) = employer.offices
    (insured,) = office.insured
    assert (slip.total, employer.total, insured.total) == (Decimal("662.52"),) * 3
    assert (employer.siret.value, office.code, office.accounting_day) == (
        make.siret, "751", date(2026, 3, 27),
    )  # fmt: skip
    first = insured.benefits[0].lines[0]
    assert (first.nature, first.days, first.unit, first.amount) == (
        "IJNOR", 18, Decimal("39.45"), Decimal("710.10"),
    )  # fmt: skip
    assert (first.first, first.last, first.subrogated) == (
        date(2026, 3, 5),
        date(2026, 3, 22),
        True,
    )
    assert slip.notices == ()


def test_day_is_the_first_ten_characters_whatever_the_zone(make: Any) -> None:
    for zone in ("+01:00", "+02:00", "-10:00", "Z", ""):
        slip = read(make.render(day=f"2026-03-29{zone}"))
        assert slip.employers[0].offices[0].accounting_day == date(2026, 3, 29)


def test_unknown_nature_code_is_kept_with_a_notice(make: Any) -> None:
    slip = read(make.render([make.person([make.line("CSN", "10.00", "2026-03-05", "2026-03-05")])]))
    (kept,) = slip.insured()[0].benefits[0].lines
    assert (kept.nature, kept.kind) == ("CSN", "unknown")
    assert slip.notices == (Notice("unknown-nature", "CSN"),)


@pytest.mark.parametrize("sent", ["681", "01681", "016810000"])
def test_code_of_a_merged_caisse_becomes_that_of_its_successor(make: Any, sent: str) -> None:
    slip = read(make.render(caisse=sent))
    office = slip.employers[0].offices[0]
    assert (office.sent_code, office.code) == (sent, "682")
    assert slip.notices == (Notice("merged-caisse", "681"),)


def test_unknown_caisse_is_kept_with_a_notice(make: Any) -> None:
    slip = read(make.render(caisse="999"))
    assert slip.employers[0].offices[0].code == "999"
    assert slip.notices == (Notice("unknown-caisse", "999"),)


def test_every_merged_caisse_leads_to_a_current_one() -> None:
    caisses = Codes.load().caisses
    assert len(caisses) == 133
    assert all(caisses[current] == current for current in caisses.values())
    assert sum(code != current for code, current in caisses.items()) == 26


def test_several_overpayments_of_one_person_are_all_kept(make: Any) -> None:
    stated = [("2026001", "147.22"), ("2026002", "12.00")]
    slip = read(make.render([make.person(indus=stated)]))
    kept = slip.insured()[0].overpayments
    assert [(each.number, str(each.amount)) for each in kept] == stated
    assert Notice("overpayment-stated", "") in slip.notices


def test_null_start_missing_count_and_missing_unit_are_kept_as_unknown(make: Any) -> None:
    slip = read(make.render([make.person([make.line("RPR", "-20.00", None, None)])]))
    (kept,) = slip.insured()[0].benefits[0].lines
    assert (kept.first, kept.last, kept.days, kept.unit) == (None, None, None, None)
    assert (kept.nature, kept.kind) == ("RPR", "overpayment")


def test_nil_start_is_unknown(make: Any) -> None:
    content = make.render().replace(
        b"<DateDebPrest>2026-03-05+01:00</DateDebPrest>",
        b'<DateDebPrest xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>',
        1,
    )
    assert read(content).insured()[0].benefits[0].lines[0].first is None


def test_unknown_element_is_left_aside_with_a_notice(make: Any) -> None:
    slip = read(make.render(extra="<Virement><Reference>42</Reference></Virement>"))
    assert slip.notices == (Notice("unknown-element", ""),)
    assert slip.total == Decimal("662.52")


def test_corsican_and_provisional_numbers_are_read(make: Any) -> None:
    for nir in ("185042A004123", "7850475112042"):
        assert read(make.render([make.person(nir=nir)])).insured()[0].nir.value == nir


def test_impossible_number_is_refused_at_its_place_and_not_repeated(make: Any) -> None:
    refused = refusal(make.render([make.person(), make.person(nir="1851375112042")]))
    assert (refused.code, refused.params) == ("nir-month", {"place": "1.1.2"})


def test_wrong_siret_is_refused(make: Any) -> None:
    refused = refusal(make.render(siret="73282932000075"))
    assert (refused.code, refused.params) == ("siret-key", {"place": "1"})


def test_structure_that_the_schema_does_not_allow_is_refused_without_its_content(make: Any) -> None:
    for before, after in (
        (b"<Montant>710.10</Montant>", b"<Montant>7e2</Montant>"),
        (b"<Montant>710.10</Montant>", b""),
        (b"<IJSub>true</IJSub>", b"<IJSub>oui</IJSub>"),
        (b"<Nom>", b"<Nom>" + b"y" * 300),
        (b'Nature="BPIJ"', b'Nature="AUTRE"'),
    ):
        refused = refusal(make.render().replace(before, after, 1))
        assert refused.code == "slip-schema"
        assert make.nir not in refused.params["place"]
        assert "yyy" not in refused.params["place"]


def test_period_that_ends_before_it_starts_is_refused(make: Any) -> None:
    backwards = make.line("IJNOR", "10.00", "2026-03-06", "2026-03-05")
    assert refusal(make.render([make.person([backwards])])).code == "line-period"


def test_amount_beyond_all_reason_is_refused(make: Any) -> None:
    refused = refusal(make.render([make.person([make.line("IJNOR", "1000000000.00", None, None)])]))
    assert refused.code == "amount-range"


def test_impossible_day_is_refused(make: Any) -> None:
    assert refusal(make.render(day="2026-02-30+01:00")).code == "slip-schema"


def test_fingerprint_ignores_layout_and_hour_and_sees_every_value(make: Any) -> None:
    same = make.render().replace(b"04:10:00", b"05:00:00").replace(b"\n", b"\n\n")
    assert fingerprint(read(same)) == fingerprint(read(make.render()))
    changed = [
        make.render([make.person(family="Martin")]),
        make.render(day="2026-03-28+01:00"),
        make.render(identification="BPIJ-2026-000002"),
        make.render().replace(b"<IJSub>true", b"<IJSub>false", 1),
        make.render([make.person(insurance="AT")]),
        make.render([make.person(indus=[("1", "2.00")])]),
    ]
    seen = {fingerprint(read(content)) for content in [make.render(), *changed]}
    assert len(seen) == 1 + len(changed)


def test_nothing_of_a_person_is_in_the_repr_of_a_slip(make: Any) -> None:
    shown = repr(read(make.render()))
    assert not any(word in shown for word in (make.nir, "Lefèvre", "Camille"))


def test_vendored_schema_is_the_simulators() -> None:
    ours = Path(slip_xml.__file__).parent / "contract" / "bpij.xsd"
    services = Path(__file__).resolve().parents[3]
    theirs = services / "cpam-simulator" / "src" / "cpam_simulator" / "contract" / "bpij.xsd"
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (ours, theirs)]
    assert digests[0] == digests[1]
