"""How single values are written by an HRIS: dates, months, amounts, names, contract numbers.

Pydantic's own readings are too kind at this door (0 is a date to it, 1E400 an amount, Arabic digits
are digits), so each kind of value has one validator here, which refuses by code and never quotes.
"""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from contracts.identifiers import IdentifierError, Nir
from contracts.money import CENT
from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])", re.ASCII)
_AMOUNT = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,2})?", re.ASCII)
_TOO_FINE = re.compile(r"-?[0-9]{1,9}\.[0-9]{3,}", re.ASCII)
_CONTRACT = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z ./_-]{0,28}[0-9A-Za-z])?", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_LARGEST = 999_999_999
_NAME_CHARACTERS = 80


def refused(code: str) -> PydanticCustomError:
    return PydanticCustomError(code, "refused")


def _text(given: object) -> str:
    if not isinstance(given, str):
        raise refused("text-expected")
    return given


def _date(given: object) -> date:
    text = _text(given)
    if _DATE.fullmatch(text) is None:
        raise refused("date-format")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise refused("date-unknown") from None
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise refused("date-range")
    return day


def _month(given: object) -> str:
    text = _text(given)
    if _MONTH.fullmatch(text) is None or not _FIRST_YEAR <= int(text[:4]) <= _LAST_YEAR:
        raise refused("month-format")
    return text


def _amount(given: object) -> Decimal:
    if isinstance(given, bool | float):
        raise refused("amount-as-text")
    if isinstance(given, int):
        if abs(given) > _LARGEST:
            raise refused("amount-range")
    elif _AMOUNT.fullmatch(_text(given)) is None:
        raise refused("amount-cents" if _TOO_FINE.fullmatch(_text(given)) else "amount-format")
    amount = Decimal(given).quantize(CENT)  # type: ignore[arg-type]  # int or matched text
    if amount < 0:
        raise refused("amount-negative")
    return amount


def _name(given: object) -> str:
    name = unicodedata.normalize("NFC", _text(given)).strip()
    if not 1 <= len(name) <= _NAME_CHARACTERS:
        raise refused("text-length")
    # Not printable: controls, line breaks, marks of writing direction, lone surrogates.
    if not name.isprintable() or not any(map(str.isalpha, name)):
        raise refused("name-characters")
    return name


def _contract(given: object) -> str:
    contract = _text(given)
    if _CONTRACT.fullmatch(contract) is None:
        raise refused("contract-format")
    if len(contract) >= 13 and _is_nir(contract):
        raise refused("contract-is-nir")
    return contract


def _is_nir(text: str) -> bool:
    """A contract number travels in clear: some payrolls use the NIR for it."""
    try:
        Nir.parse(text)
    except IdentifierError:
        return False
    return True


def _reason(given: object) -> str:
    reason = unicodedata.normalize("NFC", _text(given)).strip()
    if not 1 <= len(reason) <= 200:
        raise refused("text-length")
    if not reason.isprintable():
        raise refused("name-characters")
    return reason


def _schema(**schema: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", **schema})


IsoDate = Annotated[date, BeforeValidator(_date), _schema(format="date", examples=["2026-03-02"])]
Month = Annotated[
    str,
    BeforeValidator(_month),
    _schema(pattern="^[0-9]{4}-(0[1-9]|1[0-2])$", examples=["2026-02"]),
]
Euros = Annotated[
    Decimal,
    BeforeValidator(_amount),
    PlainSerializer(lambda amount: f"{amount:.2f}", return_type=str),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^[0-9]{1,9}(\.[0-9]{1,2})?$"},
                {"type": "integer", "minimum": 0, "maximum": _LARGEST},
            ],
            "examples": ["2400.00"],
        }
    ),
]
"""Euros as text (`"2400.00"`) or a whole number; never a floating-point number."""
Name = Annotated[str, BeforeValidator(_name), _schema(minLength=1, maxLength=_NAME_CHARACTERS)]
Contract = Annotated[
    str, BeforeValidator(_contract), _schema(pattern="^[0-9A-Za-z][0-9A-Za-z ./_-]{0,29}$")
]
Reason = Annotated[str, BeforeValidator(_reason), _schema(minLength=1, maxLength=200)]
