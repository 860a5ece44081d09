"""What the simulated CPAM will answer and pay for one arrêt, as the control API takes it.

Relative times run in business time from the commit of the filing they hang on; `revision` is the
nth filing of the arrêt. Shapes and defaults are told in the README.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator

from cpam_simulator.domain.fault import KINDS, LEVELS, FaultRule

Amount = Annotated[Decimal, Field(decimal_places=2, max_digits=15)]
Verdict = Literal["CONFIRMATION_TRAITEMENT", "ACCEPTATION", "REJET", "DEMANDE_PIECES"]
Risk = Literal["MALADIE", "ACCIDENT_TRAVAIL", "ACCIDENT_TRAJET", "MALADIE_PROFESSIONNELLE"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _nir13(given: str | None) -> str | None:
    return given if given is None else given.replace(" ", "").upper()[:13]


class Match(_Part):
    siret: str = Field(pattern=r"^[0-9]{14}$")
    nir: str = Field(pattern=r"^[0-9AB]{13}$", repr=False)
    first_day: date

    _cut = field_validator("nir", mode="before")(_nir13)


class _Planned(_Part):
    after: timedelta | None = None
    at: AwareDatetime | None = None
    revision: int = Field(default=1, ge=1)

    @model_validator(mode="after")
    def _one_time(self) -> Self:
        if (self.after is None) == (self.at is None):
            raise ValueError("give exactly one of after, at")
        return self

    def due(self, filed_at: datetime) -> datetime:
        if self.at is not None:
            return self.at
        if self.after is None:
            raise ValueError("neither after nor at")
        return filed_at + self.after


class Acceptance(_Part):
    risk: Risk
    first_paid_day: date
    accepted_until: date | None = None
    daily_gross: Amount | None = Field(default=None, ge=0)
    subrogation_from: date | None = None
    subrogation_to: date | None = None
    claim: str | None = Field(default=None, pattern=r"^[0-9A-Z]{1,20}$")


class Answer(_Planned):
    verdict: Verdict
    code: str | None = Field(default=None, pattern=r"^[A-Z][A-Z0-9_]{1,39}$")
    label: str | None = Field(default=None, min_length=1, max_length=255)
    accept: Acceptance | None = None

    @model_validator(mode="after")
    def _acceptance_is_complete(self) -> Self:
        if (self.verdict == "ACCEPTATION") != (self.accept is not None):
            raise ValueError("accept goes with ACCEPTATION, and only with it")
        return self


class Line(_Part):
    """One Prestation. `amount` is signed; a retenue is a line of its own with a negative amount."""

    nature_assurance: str = Field(default="AS", pattern=r"^[A-Z0-9]{2,8}$")
    nature: str = Field(pattern=r"^[A-Z0-9]{2,8}$")
    label: str | None = None
    start: date | None = Field(default=None, alias="from")
    end: date | None = Field(default=None, alias="to")
    days: int | None = None
    unit: Amount | None = None
    amount: Amount
    subrogated: bool = True
    claim: str | None = None


class Indu(_Part):
    number: str
    amount: Amount


class Slip(_Planned):
    caisse: str | None = Field(default=None, pattern=r"^[0-9]{3}$")
    lines: tuple[Line, ...] = Field(min_length=1)
    indus: tuple[Indu, ...] = ()
    faults: tuple[str, ...] = ()
    siret: str | None = Field(default=None, pattern=r"^[0-9]{14}$")
    nir: str | None = Field(default=None, pattern=r"^[0-9AB]{13}$", repr=False)
    last_name: str | None = Field(default=None, repr=False)
    first_name: str | None = Field(default=None, repr=False)

    _cut = field_validator("nir", mode="before")(_nir13)

    @field_validator("faults")
    @classmethod
    def _known_faults(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for fault in given:
            kind, _, level = fault.partition(":")
            if kind not in KINDS or KINDS[kind].scope != "slip" or (level and level not in LEVELS):
                raise ValueError("unknown slip fault")
        return given


class Technical(FaultRule):
    revision: int = Field(default=1, ge=1)


class Script(_Part):
    name: str = Field(min_length=1, max_length=100)
    match: Match | None = None
    account: str | None = None
    technical: tuple[Technical, ...] = ()
    answers: tuple[Answer, ...] = ()
    slips: tuple[Slip, ...] = ()

    @field_validator("technical", mode="before")
    @classmethod
    def _one_or_many(cls, given: object) -> object:
        if given is None or given == {}:
            return ()
        return given if isinstance(given, list | tuple) else (given,)

    @model_validator(mode="after")
    def _unsolicited_is_complete(self) -> Self:
        if self.match is not None:
            return self
        if self.account is None or self.answers or self.technical:
            raise ValueError("without match: account and slips only")
        for slip in self.slips:
            if not (slip.at and slip.siret and slip.nir and slip.last_name and slip.first_name):
                raise ValueError("without match, a slip needs at, siret, nir and names")
        return self
