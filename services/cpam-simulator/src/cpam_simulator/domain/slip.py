"""Payment slips waiting to be deposited, gathered into one statement with its totals.

Input: planned slips of one account, caisse and instant. Output: the tree of a BPIJ, company first,
with the sum of its lines at every level that carries a Cumul.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from cpam_simulator.domain.script import Indu, Line


@dataclass(frozen=True, slots=True)
class PlannedSlip:
    id: int
    account: str
    caisse: str
    due_at: datetime
    siret: str
    nir: str = field(repr=False)
    last_name: str = field(repr=False)
    first_name: str = field(repr=False)
    lines: tuple[Line, ...]
    indus: tuple[Indu, ...]
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Person:
    nir: str = field(repr=False)
    last_name: str = field(repr=False)
    first_name: str = field(repr=False)
    lines: tuple[Line, ...]
    indus: tuple[Indu, ...]

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal(0))

    def by_insurance(self) -> dict[str, list[Line]]:
        groups: dict[str, list[Line]] = defaultdict(list)
        for line in self.lines:
            groups[line.nature_assurance].append(line)
        return dict(groups)


@dataclass(frozen=True, slots=True)
class Establishment:
    siret: str
    people: tuple[Person, ...]

    @property
    def total(self) -> Decimal:
        return sum((person.total for person in self.people), Decimal(0))


@dataclass(frozen=True, slots=True)
class Statement:
    identification: str
    at: datetime
    company: str
    caisse: str
    establishments: tuple[Establishment, ...]

    @property
    def total(self) -> Decimal:
        return sum((place.total for place in self.establishments), Decimal(0))


def gather_statement(identification: str, company: str, slips: Sequence[PlannedSlip]) -> Statement:
    """From slips of one account, caisse and instant; one Assuré per person and SIRET."""
    places: dict[str, dict[str, list[PlannedSlip]]] = defaultdict(lambda: defaultdict(list))
    for slip in slips:
        places[slip.siret][slip.nir].append(slip)
    return Statement(
        identification,
        slips[0].due_at,
        company,
        slips[0].caisse,
        tuple(
            Establishment(siret, tuple(_person(own) for own in people.values()))
            for siret, people in places.items()
        ),
    )


def _person(slips: Iterable[PlannedSlip]) -> Person:
    own = list(slips)
    return Person(
        own[0].nir,
        own[0].last_name,
        own[0].first_name,
        tuple(line for slip in own for line in slip.lines),
        tuple(indu for slip in own for indu in slip.indus),
    )
