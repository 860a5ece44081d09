"""What an HRIS may say of a declaration it has made: the body of `.../revisions`, by `change`."""

from typing import Annotated, Literal

from pydantic import Field

from declaration_gateway.domain.declaring import (
    Days,
    Employee,
    PaySaid,
    Said,
    SubrogationSaid,
    Whole,
    WholeOrNull,
)
from declaration_gateway.domain.wording import IsoDate, Reason


class Prolongation(Said):
    """`first`, where given, is the first day of the prolongation's own prescription."""

    change: Literal["prolongation"]
    last: IsoDate
    first: IsoDate | None = None
    subrogation_last: IsoDate | None = None


class Correction(Said):
    """Fields left out stay as they are; `null` takes a subrogation or a pay history away.

    `employee` corrects a name or a date of birth: its NIR must be that of the declaration.
    """

    change: Literal["correction"]
    employee: Annotated[Employee | None, Whole] = None
    period: Annotated[Days | None, Whole] = None
    last_worked_day: IsoDate | None = None
    accident_day: IsoDate | None = None
    subrogation: Annotated[SubrogationSaid | None, WholeOrNull] = None
    pay: Annotated[PaySaid | None, WholeOrNull] = None


class ReturnToWork(Said):
    """`returned_on` is the first day back at work; the arrêt ends on the day before."""

    change: Literal["return-to-work"]
    returned_on: IsoDate


class Cancellation(Said):
    """`reason` may hold what a person wrote: it is sealed, and not shown."""

    change: Literal["cancellation"]
    reason: Reason | None = Field(default=None, repr=False)


Changing = Prolongation | Correction | ReturnToWork | Cancellation

BY_CHANGE: dict[str, type[Changing]] = {
    "prolongation": Prolongation,
    "correction": Correction,
    "return-to-work": ReturnToWork,
    "cancellation": Cancellation,
}
