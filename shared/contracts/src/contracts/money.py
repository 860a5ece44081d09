"""Euros: `Decimal` with cents, written as text on the wire. Floats are refused."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PlainSerializer
from pydantic_core import PydanticCustomError

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
_LARGEST = Decimal("999999999.99")


def cents(amount: Decimal) -> Decimal:
    """Rounded half up to the cent, as the CPAM rounds a payment line."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def _no_float(given: object) -> object:
    if isinstance(given, bool | float):
        raise PydanticCustomError("amount-as-text", "refused")
    return given


def _two_places(amount: Decimal) -> Decimal:
    if not amount.is_finite() or abs(amount) > _LARGEST:
        raise PydanticCustomError("amount-range", "refused")
    if amount != cents(amount):
        raise PydanticCustomError("amount-cents", "refused")
    return cents(amount)


Amount = Annotated[
    Decimal,
    BeforeValidator(_no_float),
    AfterValidator(_two_places),
    PlainSerializer(lambda amount: f"{amount:.2f}", return_type=str),
]
"""Euros with two decimals, e.g. `"662.52"`."""


class Amounts(BaseModel):
    """Daily allowances of a period: `net = gross - csg - crds`, the two retenues as positive
    sums.
    """

    model_config = ConfigDict(frozen=True)

    gross: Amount
    csg: Amount
    crds: Amount
    net: Amount

    def __add__(self, other: "Amounts") -> "Amounts":
        return Amounts(
            gross=self.gross + other.gross,
            csg=self.csg + other.csg,
            crds=self.crds + other.crds,
            net=self.net + other.net,
        )

    @classmethod
    def zero(cls) -> "Amounts":
        return cls(gross=ZERO, csg=ZERO, crds=ZERO, net=ZERO)
