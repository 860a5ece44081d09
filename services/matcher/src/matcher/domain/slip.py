"""Splits the lines of a statement into payments: allowances together with their own retenues.

The net of a period is its allowance line plus the (negative) CSG and CRDS lines, and each retenue
is rounded over the allowances that it was taken on. What cannot be read for sure becomes a payment
of kind `unreadable` with a cause, so that no cent of a statement is lost.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from typing import Literal

from contracts.events import Statement, StatementLine
from contracts.money import ZERO, Amounts

from matcher.domain.days import Days
from matcher.domain.facts import Payment, PaymentKey, PaymentKind
from matcher.domain.law import read_parameters

Role = Literal["allowance", "csg", "crds", "information", "indu", "unknown"]
Lines = Sequence[StatementLine]


def split(statement: Statement) -> tuple[Payment, ...]:
    """In the order of the lines; the nets add up to the sum of the statement's lines."""
    groups = [[statement.lines[place] for place in places] for places in _grouped(statement.lines)]
    return tuple(_payment(statement, number, lines) for number, lines in enumerate(groups))


def role(line: StatementLine) -> Role:
    return _roles().get(line.nature, "unknown")


def _grouped(lines: Lines) -> list[list[int]]:
    """Places of lines that stand together. Lines of no amount tell nothing and are left out."""
    group_of = {place: [place] for place, line in enumerate(lines) if line.amount != 0}
    for place in list(group_of):
        if role(lines[place]) in ("csg", "crds"):
            joined = {place}.union(*(group_of[target] for target in _taken_on(lines, place)))
            group_of |= dict.fromkeys(joined, sorted(joined))
    return sorted({tuple(group): group for group in group_of.values()}.values())


def _taken_on(lines: Lines, place: int) -> list[int]:
    """The allowances of a retenue: of its very dates, else within them, else those listed since
    the last retenue of its kind."""
    retenue = lines[place]
    dated = _days(retenue)
    own = [
        other
        for other, line in enumerate(lines)
        if role(line) == "allowance" and line.amount and line.subrogated == retenue.subrogated
    ]
    if dated is not None:
        exact = [other for other in own if _days(lines[other]) == dated]
        inside = [
            other for other in own if (days := _days(lines[other])) and days.within(dated) == days
        ]
        if exact or inside:
            return exact or inside
    found: list[int] = []
    for other in range(place - 1, -1, -1):
        if found and role(lines[other]) == role(retenue):
            break
        if other in own:
            found.append(other)
    return found


def _payment(statement: Statement, ordinal: int, lines: Lines) -> Payment:
    sums = {name: _sum(lines, name) for name in ("allowance", "csg", "crds")}
    net = sum((line.amount for line in lines), ZERO)
    # Whatever is no retenue stands in the gross, so that net = gross - csg - crds always.
    amounts = Amounts(
        gross=net - sums["csg"] - sums["crds"], csg=-sums["csg"], crds=-sums["crds"], net=net
    )
    cause = _cause(lines)
    kind: PaymentKind = "payment" if sums["allowance"] > 0 else "reversal"
    return Payment(
        key=PaymentKey(statement.statement_id, ordinal),
        slip=statement.slip,
        siret=statement.siret.value,
        insurance=statement.insurance,
        claim_number=statement.claim_number,
        accounting_day=statement.accounting_day,
        kind="unreadable" if cause else kind,
        periods=tuple(
            sorted(days for line in lines if role(line) == "allowance" and (days := _days(line)))
        ),
        amounts=amounts,
        to_employer=lines[0].subrogated,
        cause=cause,
    )


def _cause(lines: Lines) -> str | None:
    """Why these lines cannot be tied to days by a rule; None where they can."""
    roles = {role(line) for line in lines}
    if "unknown" in roles:
        return "unknown-nature"
    if "indu" in roles or "information" in roles:
        return "indu-line"
    if "allowance" not in roles:
        return "retenue-alone"
    if any(role(line) == "allowance" and _days(line) is None for line in lines):
        return "line-without-dates"
    if _sum(lines, "allowance") == 0:
        return "lines-cancel-out"
    return None


def _days(line: StatementLine) -> Days | None:
    if line.first is None or line.last is None or line.last < line.first:
        return None
    return Days(line.first, line.last)


def _sum(lines: Lines, name: str) -> Decimal:
    return sum((line.amount for line in lines if role(line) == name), ZERO)


@cache
def _roles() -> dict[str, Role]:
    table = read_parameters("natures")
    return {nature: name for name, natures in table.items() for nature in natures}  # type: ignore[misc]
