"""A person's field on the wire: ciphertext as text, opened only by a service that holds the data
key.

Form `KEYID.BASE64URL(nonce 12 bytes + ciphertext + tag)`. The associated data are tenant, topic,
stream and field name, so a sealed field moved to another place does not open. What lies inside is
the JSON of one of the models below.
"""

import datetime as dt
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from contracts.identifiers import Iban, Nir
from contracts.money import Amount

SealedField = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}\.[A-Za-z0-9_-]{38,}$")]


class _Secret(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class Person(_Secret):
    """Field `person` of a declaration or a statement."""

    nir: Nir
    family_name: str = Field(repr=False)
    given_names: str = Field(repr=False)
    birth_date: dt.date | None = Field(default=None, repr=False)


class MonthlyPay(_Secret):
    """One civil month. `reestablished` replaces `gross` where the month was not wholly worked."""

    month: Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
    gross: Amount = Field(repr=False)
    reestablished: Amount | None = Field(default=None, repr=False)


class Bonus(_Secret):
    """A bonus paid in `month` for a period of `months` months (3 for a quarterly one)."""

    month: Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
    amount: Amount = Field(repr=False)
    months: Annotated[int, Field(ge=1, le=12)] = 1


class Pay(_Secret):
    """Field `pay` of a declaration: the months before the arrêt, newest or oldest first."""

    months: list[MonthlyPay]
    bonuses: list[Bonus] = Field(default_factory=list)


class Bank(_Secret):
    """Field `bank` of a declaration: where subrogated allowances are to be paid."""

    iban: Iban
