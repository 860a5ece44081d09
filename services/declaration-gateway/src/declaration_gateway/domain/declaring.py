"""What an HRIS may say in a declaration: the body of `POST /v1/declarations`, field by field.

Unknown fields are refused: a misspelt `subrogation` must not become an arrêt without one. Checks
that need more than one field are in `coherence.py`.
"""

from functools import lru_cache
from typing import Annotated, Any, Literal, get_args

from contracts.events import Risk
from contracts.identifiers import Iban, IdentifierError, Nir, Siret
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from declaration_gateway.domain.wording import Contract, Euros, IsoDate, Month, Name, refused

MOST_MONTHS = 24
MOST_BONUSES = 48
_RISKS = get_args(Risk)


class Said(BaseModel):
    """Whatever a caller says: nothing unknown, and errors that do not quote."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _regime(given: object) -> str:
    if not isinstance(given, str):
        raise refused("text-expected")
    if given != "general":
        raise refused("regime-not-covered")
    return given


@lru_cache(maxsize=4096)
def _known_iban(text: str) -> Iban:
    """An employer has few accounts and declares often; checking the RIB key is slow."""
    return Iban.parse(text)


def _iban(given: object) -> object:
    if not isinstance(given, str) or len(given) > 60:
        return given
    try:
        return _known_iban(given)
    except IdentifierError:
        return given  # refused by Iban itself, with its code


def _risk(given: object) -> str:
    if given not in _RISKS:
        raise refused("risk-unknown")
    return str(given)


def _bonus_months(given: object) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= 12:
        raise refused("bonus-months")
    return given


def bounded(most: int) -> BeforeValidator:
    def check(given: object) -> object:
        if not isinstance(given, list):
            raise refused("list-expected")
        if len(given) > most:
            raise refused("list-too-long")
        return given

    return BeforeValidator(check)


def whole(given: Any) -> Any:
    """A nested object that is none is said so, instead of naming all its fields as missing."""
    if not isinstance(given, dict):
        raise refused("object-expected")
    return given


Whole = BeforeValidator(whole)
WholeOrNull = BeforeValidator(lambda given: given if given is None else whole(given))
RiskSaid = Annotated[Risk, BeforeValidator(_risk), WithJsonSchema({"enum": list(_RISKS)})]


class Employer(Said):
    siret: Siret


class Employee(Said):
    nir: Nir
    family_name: Name = Field(repr=False)
    given_names: Name = Field(repr=False)
    birth_date: IsoDate | None = Field(default=None, repr=False)


class Days(Said):
    """Both days included."""

    first: IsoDate
    last: IsoDate


class SubrogationSaid(Days):
    """Its end is that of the maintained pay: it may lie after or before the end of the arrêt."""

    iban: Annotated[Iban, BeforeValidator(_iban)]


class MonthSaid(Said):
    month: Month
    gross: Euros = Field(repr=False)
    reestablished: Euros | None = Field(default=None, repr=False)


class BonusSaid(Said):
    month: Month
    amount: Euros = Field(repr=False)
    months: Annotated[
        int,
        BeforeValidator(_bonus_months),
        WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 12}),
    ] = 1


class PaySaid(Said):
    months: Annotated[list[MonthSaid], bounded(MOST_MONTHS)]
    bonuses: Annotated[list[BonusSaid], bounded(MOST_BONUSES)] = Field(default_factory=list)


class Declaring(Said):
    """One arrêt de travail. Without `pay` it is taken; the expected amount is then unknown."""

    employer: Annotated[Employer, Whole]
    employee: Annotated[Employee, Whole]
    contract: Contract | None = None
    regime: Annotated[
        Literal["general"], BeforeValidator(_regime), WithJsonSchema({"const": "general"})
    ]
    risk: RiskSaid
    last_worked_day: IsoDate
    accident_day: IsoDate | None = None
    period: Annotated[Days, Whole]
    subrogation: Annotated[SubrogationSaid | None, WholeOrNull] = None
    pay: Annotated[PaySaid | None, WholeOrNull] = None
