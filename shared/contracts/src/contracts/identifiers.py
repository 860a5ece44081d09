"""Identifiers of people, establishments and accounts, checked on the way in and masked on the way
out.

Each is an immutable value whose `repr` and `str` show stars, so that an accident in a log prints
nothing; the clear text is in `.value`. A refused value raises `IdentifierError` with a stable code
and without the value. As pydantic fields they give an error of type `code` at their place.
"""

import re
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import schwifty
from pydantic_core import PydanticCustomError, core_schema
from schwifty.exceptions import SchwiftyException
from stdnum import luhn


class IdentifierError(ValueError):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class _Identifier:
    value: str
    kind: ClassVar[str]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(***)"

    def __str__(self) -> str:
        return "***"

    @classmethod
    def parse(cls, text: str) -> Self:
        raise NotImplementedError

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validate,
            serialization=core_schema.plain_serializer_function_ser_schema(lambda item: item.value),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        return {"type": "string", "format": cls.kind}

    @classmethod
    def _validate(cls, given: object) -> Self:
        if isinstance(given, cls):
            return given
        if not isinstance(given, str):
            raise PydanticCustomError("text-expected", "text expected")
        try:
            return cls.parse(given)
        except IdentifierError as refused:
            # "from None": the chain would carry the refused text into tracebacks.
            raise PydanticCustomError(refused.code, "refused") from None


def _compact(text: str) -> str:
    return re.sub(r"[ .\-\u00a0\u202f]", "", text)


_NIR = re.compile(
    r"(?P<sex>[123478])(?P<year>[0-9]{2})(?P<month>[0-9]{2})"
    r"(?P<place>(?:[0-9]{2}|2A|2B)[0-9]{3})(?P<order>[0-9]{3})(?P<key>[0-9]{2})?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, repr=False)
class Nir(_Identifier):
    """Numéro de sécurité sociale: 13 characters in `value`, the key apart in `key`.

    Accepts 13 or 15 characters, spaces allowed. Corsica 2A/2B counts as 19/18 for the key
    (97 - n mod 97). Provisional numbers (7, 8) and those of people born abroad are accepted.
    """

    kind: ClassVar[str] = "nir"

    @property
    def key(self) -> str:
        digits = self.value.replace("2A", "19").replace("2B", "18")
        return f"{97 - int(digits) % 97:02d}"

    @property
    def provisional(self) -> bool:
        return self.value[0] in "78"

    @classmethod
    def parse(cls, text: str) -> Self:
        compact = _compact(text).upper()
        found = _NIR.fullmatch(compact)
        if found is None:
            raise IdentifierError("nir-format")
        if not _nir_month(int(found["month"])):
            raise IdentifierError("nir-month")
        if found["place"][:2] == "00" or found["order"] == "000":
            raise IdentifierError("nir-place")
        nir = cls(compact[:13])
        if found["key"] is not None and found["key"] != nir.key:
            raise IdentifierError("nir-key")
        return nir


def _nir_month(month: int) -> bool:
    """01-12, or 20, 30-42 and 50-99 where the civil month was not known to the registrar."""
    return 1 <= month <= 12 or month == 20 or 30 <= month <= 42 or 50 <= month <= 99


LA_POSTE_SIREN = "356000000"


@dataclass(frozen=True, slots=True, repr=False)
class Siret(_Identifier):
    """Establishment number: 14 digits with Luhn, or La Poste's sum of digits multiple of 5."""

    kind: ClassVar[str] = "siret"

    # A SIRET is a public number: it may be shown.
    def __repr__(self) -> str:
        return f"Siret({self.value})"

    def __str__(self) -> str:
        return self.value

    @property
    def siren(self) -> str:
        return self.value[:9]

    @classmethod
    def parse(cls, text: str) -> Self:
        compact = _compact(text)
        if re.fullmatch(r"[0-9]{14}", compact, re.ASCII) is None:
            raise IdentifierError("siret-format")
        la_poste = compact.startswith(LA_POSTE_SIREN) and sum(map(int, compact)) % 5 == 0
        if not (luhn.is_valid(compact) or la_poste):
            raise IdentifierError("siret-key")
        return cls(compact)


@dataclass(frozen=True, slots=True, repr=False)
class Iban(_Identifier):
    """Bank account, mod 97 and, for a French one, the RIB key inside it."""

    kind: ClassVar[str] = "iban"

    @classmethod
    def parse(cls, text: str) -> Self:
        try:
            iban = schwifty.IBAN(text, validate_bban=True)
        except SchwiftyException:
            raise IdentifierError("iban-key") from None
        return cls(iban.compact)
