"""Numbers of people, establishments and accounts: what is taken, what is refused and with which
code.
"""

import pytest
from contracts.identifiers import Iban, IdentifierError, Nir, Siret
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

PLACES = st.one_of(
    st.integers(1, 98).map(lambda n: f"{n:02d}{1:03d}"),
    st.sampled_from(["2A004", "2B033", "97105", "98701", "99109"]),
)
NIRS = st.builds(
    lambda sex, year, month, place, order: f"{sex}{year:02d}{month}{place}{order:03d}",
    st.sampled_from("12"),
    st.integers(0, 99),
    st.one_of(st.integers(1, 12).map("{:02d}".format), st.sampled_from(["20", "31", "50", "99"])),
    PLACES,
    st.integers(1, 999),
)


@given(NIRS)
def test_a_nir_is_the_same_with_and_without_its_key(text: str) -> None:
    nir = Nir.parse(text)
    assert Nir.parse(f"{text}{nir.key}") == nir
    assert 1 <= int(nir.key) <= 97


@given(NIRS, st.integers(1, 96))
def test_every_other_key_is_refused(text: str, step: int) -> None:
    wrong = (int(Nir.parse(text).key) - 1 + step) % 97 + 1
    with pytest.raises(IdentifierError, match="nir-key"):
        Nir.parse(f"{text}{wrong:02d}")


@pytest.mark.parametrize(
    ("text", "key"),
    [("1850578006084", "91"), ("2 69 05 49 588 157", "80"), ("185052A004123", "56")],
)
def test_known_keys_are_found(text: str, key: str) -> None:
    assert Nir.parse(text).key == key


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "nir-format"),
        ("28407751234", "nir-format"),
        ("5840775123456", "nir-format"),
        ("2841375123456", "nir-month"),
        ("2840700123456", "nir-place"),
        ("2840775123000", "nir-place"),
        ("\uff12840775123456", "nir-format"),
        ("284072C123456", "nir-format"),
    ],
)
def test_a_malformed_nir_is_refused_with_its_code(text: str, code: str) -> None:
    with pytest.raises(IdentifierError) as refused:
        Nir.parse(text)
    assert refused.value.code == code


def test_a_provisional_number_says_so() -> None:
    assert Nir.parse("7840775123456").provisional
    assert not Nir.parse("2840775123456").provisional


@pytest.mark.parametrize("text", ["73282932000074", "356 000 000 00048", "35600000049837"])
def test_sirets_of_la_poste_and_others_are_taken(text: str) -> None:
    assert len(Siret.parse(text).value) == 14


@pytest.mark.parametrize(
    ("text", "code"), [("7328293200007", "siret-format"), ("73282932000075", "siret-key")]
)
def test_a_wrong_siret_is_refused_with_its_code(text: str, code: str) -> None:
    with pytest.raises(IdentifierError, match=code):
        Siret.parse(text)


def test_a_french_iban_with_a_wrong_rib_key_is_refused() -> None:
    assert Iban.parse("FR76 3000 6000 0112 3456 7890 189").value == "FR7630006000011234567890189"
    with pytest.raises(IdentifierError, match="iban-key"):
        Iban.parse("FR1420041010050500013M02605")


class Holder(BaseModel):
    nir: Nir
    iban: Iban


def test_nothing_printed_shows_a_number() -> None:
    holder = Holder(nir="2840775123456", iban="FR7630006000011234567890189")
    shown = f"{holder!r} {holder} {holder.nir} {holder.iban!s}"
    assert "2840775123456" not in shown
    assert "3000600001" not in shown


def test_a_refused_number_is_told_by_place_and_code_alone() -> None:
    with pytest.raises(ValidationError) as refused:
        Holder(nir="284077512345699", iban="FR00")
    found = [(error["loc"], error["type"]) for error in refused.value.errors()]
    assert found == [(("nir",), "nir-key"), (("iban",), "iban-key")]
    assert refused.value.__cause__ is None
