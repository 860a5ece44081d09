"""The sums a slip must keep before a single line of it is believed.

One sum wrong and `read_slip` sets the whole file aside under the code raised here.
"""

from collections.abc import Iterable
from decimal import Decimal

from chassis.errors import Refused
from contracts.money import cents

from bpij_collector.domain.slip import Employer, Insured, Line, Slip


def check_totals(slip: Slip) -> None:
    """Raises Refused with the place of the first sum that is wrong, never with the sums."""
    for employer in slip.employers:
        for office in employer.offices:
            for insured in office.insured:
                _check_insured(insured)
        _check_employer(employer)
    if _sum(employer.total for employer in slip.employers) != slip.total:
        raise Refused("total-declarant")


def _check_employer(employer: Employer) -> None:
    people = [insured for office in employer.offices for insured in office.insured]
    if _sum(insured.total for insured in people) != employer.total:
        raise Refused("total-employer", params={"place": employer.place})


def _check_insured(insured: Insured) -> None:
    lines = [line for benefit in insured.benefits for line in benefit.lines]
    for number, line in enumerate(lines, 1):
        if not _amount_is_right(line):
            raise Refused("line-amount", params={"place": f"{insured.place}.{number}"})
    if _sum(line.amount for line in lines) != insured.total:
        raise Refused("total-insured", params={"place": insured.place})


def _amount_is_right(line: Line) -> bool:
    """|amount| = |unit x days|; retenues and some regularisations carry no unit or no days."""
    if line.unit is None or line.days is None:
        return True
    return abs(line.amount) == abs(cents(line.unit * line.days))


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal("0.00"))
