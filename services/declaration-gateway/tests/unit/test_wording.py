from typing import Any

import pytest
from declaration_gateway.domain.wording import Contract, Euros, IsoDate, Month, Name
from pydantic import TypeAdapter, ValidationError

DATE, MONTH = TypeAdapter(IsoDate), TypeAdapter(Month)
EUROS, NAME, CONTRACT = TypeAdapter(Euros), TypeAdapter(Name), TypeAdapter(Contract)


def code(adapter: TypeAdapter[Any], given: object) -> str:
    try:
        adapter.validate_python(given)
    except ValidationError as refused:
        return str(refused.errors()[0]["type"])
    return "taken"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2026-03-02", "taken"),
        ("2024-02-29", "taken"),
        (0, "text-expected"),
        (1732147200, "text-expected"),
        ("1732147200", "date-format"),
        ("2026-3-2", "date-format"),
        ("26-03-02", "date-format"),
        ("2026-03-02T00:00:00", "date-format"),
        ("2026-03-02+01:00", "date-format"),
        ("2026-03-02\n", "date-format"),
        ("２０２６-03-02", "date-format"),
        ("2026-02-29", "date-unknown"),
        ("2026-04-31", "date-unknown"),
        ("0001-01-01", "date-range"),
        ("9999-12-31", "date-range"),
        (None, "text-expected"),
    ],
)
def test_only_a_plain_calendar_day_is_a_date(given: object, expected: str) -> None:
    assert code(DATE, given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2400.00", "taken"),
        ("2400", "taken"),
        ("0", "taken"),
        (2400, "taken"),
        (2400.0, "amount-as-text"),
        (True, "amount-as-text"),
        (float("nan"), "amount-as-text"),
        ("NaN", "amount-format"),
        ("Infinity", "amount-format"),
        ("1E400", "amount-format"),
        ("2 400.00", "amount-format"),
        ("2400,00", "amount-format"),
        ("٢٤٠٠", "amount-format"),
        ("2400.001", "amount-cents"),
        ("-1.00", "amount-negative"),
        (-1, "amount-negative"),
        (10**12, "amount-range"),
        ("1000000000000", "amount-format"),
        (None, "text-expected"),
    ],
)
def test_only_euros_with_cents_are_an_amount(given: object, expected: str) -> None:
    assert code(EUROS, given) == expected


def test_an_amount_is_written_back_with_two_decimals() -> None:
    assert EUROS.dump_json(EUROS.validate_python(2400)) == b'"2400.00"'


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2026-02", "taken"),
        ("2026-13", "month-format"),
        ("2026-2", "month-format"),
        (202602, "text-expected"),
    ],
)
def test_a_month_is_a_year_and_two_digits(given: object, expected: str) -> None:
    assert code(MONTH, given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("O'CONNOR", "taken"),
        ("N’DIAYE-LE GOFF", "taken"),
        ("Œdipe Æsa", "taken"),
        ("e\u0301lodie", "taken"),
        ("  ", "text-length"),
        ("x" * 81, "text-length"),
        ("A\x00B", "name-characters"),
        ("A\r\nB", "name-characters"),
        ("A\u202eB", "name-characters"),
        ("\ud800", "name-characters"),
        ("123", "name-characters"),
        (7, "text-expected"),
    ],
)
def test_a_name_is_printable_text_with_a_letter(given: object, expected: str) -> None:
    assert code(NAME, given) == expected


def test_a_name_is_kept_in_composed_form() -> None:
    assert NAME.validate_python("e\u0301lodie") == "élodie"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("00001", "taken"),
        ("CDI-2024/17", "taken"),
        ("", "contract-format"),
        ("é", "contract-format"),
        ("2850529123457", "contract-is-nir"),
        ("2 85 05 29 123 457", "contract-is-nir"),
    ],
)
def test_a_contract_number_is_never_a_social_security_number(given: object, expected: str) -> None:
    assert code(CONTRACT, given) == expected
