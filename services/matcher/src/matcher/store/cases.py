"""The case rows: what each case amounts to now. Written under the locks of `locks.py`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from chassis.db import Tx
from contracts.events import CaseState
from contracts.ids import case_id as case_id_of
from contracts.money import Amounts
from prometheus_client import Gauge
from sqlalchemy import ColumnElement, bindparam, func, literal_column, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from matcher.domain.case import Assessment
from matcher.domain.news import Identity
from matcher.store.tables import sick_case

OPEN = Gauge("jonction_cases_open", "Cases that still wait for something", ["state"])
EUROS = Gauge("jonction_cases_open_euros", "Net euros of these cases", ["state", "amount"])
_ENDED = ("settled", "paid-to-employee", "cancelled")
_NAMES = ("gross", "csg", "crds", "net")
_ZEROS = {f"{kind}_{name}": 0 for kind in ("received", "employee") for name in _NAMES}

# Made once: building a query takes longer than running it.
# An update that changes nothing, for its lock and its row.
_NOTE_ALL = insert(sick_case).on_conflict_do_update(
    index_elements=[sick_case.c.tenant, sick_case.c.declaration_id],
    set_={"tenant": sick_case.c.tenant},
)
_NOTE = _NOTE_ALL.returning(sick_case)
_OF_PERSON = (
    select(sick_case)
    .where(
        sick_case.c.tenant == bindparam("of_tenant"),
        sick_case.c.person_ref == bindparam("of_person"),
    )
    .order_by(sick_case.c.case_id)
    .with_for_update()
)
_WRITE = update(sick_case).where(sick_case.c.case_id == bindparam("of_case"))

Place = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class CaseRow:
    """`siret` and `person_ref` are None while only an echo of the case is known."""

    case_id: UUID
    tenant: str
    declaration_id: UUID
    siret: str | None
    person_ref: str | None
    revision: int
    state: CaseState
    cancelled: bool
    expected: Amounts | None
    received: Amounts
    paid_to_employee: Amounts
    gap: Decimal | None
    noted_at: datetime
    changed_at: datetime
    traceparent: str | None

    def says(self, assessment: Assessment) -> bool:
        return all(
            getattr(self, name) == getattr(assessment, name)
            for name in (
                "revision",
                "state",
                "cancelled",
                "expected",
                "received",
                "paid_to_employee",
                "gap",
            )
        )

    @property
    def identity(self) -> Identity:
        """Of a declared case only."""
        if self.siret is None or self.person_ref is None:
            raise LookupError("a case that is only announced has no identity yet")
        return Identity(self.case_id, self.declaration_id, self.siret, self.person_ref)


async def note_all(tx: Tx, declared: Sequence[tuple[str, UUID]], at: datetime) -> None:
    """As `note`, in the given order, of tenants and their declarations."""
    if declared:
        await tx.execute(_NOTE_ALL, [_shell(tenant, id_, at) for tenant, id_ in declared])


async def note(tx: Tx, tenant: str, declaration_id: UUID, at: datetime) -> CaseRow:
    """The case of this declaration, locked; a shell if this is the first that is heard of it."""
    noted = await tx.execute(_NOTE, _shell(tenant, declaration_id, at))
    return _row(noted.mappings().one())


async def list_of_person(tx: Tx, tenant: str, person_ref: str) -> list[CaseRow]:
    """Locked, in the order of their ids."""
    found = await tx.execute(_OF_PERSON, {"of_tenant": tenant, "of_person": person_ref})
    return [_row(row) for row in found.mappings()]


async def assign(
    tx: Tx,
    case_id: UUID,
    *,
    siret: str,
    person_ref: str,
    revision: int,
    traceparent: str | None,
) -> None:
    """Whom and what the case concerns, as of its latest revision."""
    await tx.execute(
        update(sick_case)
        .where(sick_case.c.case_id == case_id, sick_case.c.revision <= revision)
        .values(siret=siret, person_ref=person_ref, traceparent=traceparent)
    )


async def write(tx: Tx, case_id: UUID, assessment: Assessment, at: datetime) -> None:
    await tx.execute(
        _WRITE,
        {
            "of_case": case_id,
            "revision": assessment.revision,
            "state": assessment.state,
            "cancelled": assessment.cancelled,
            "gap": assessment.gap,
            "changed_at": at,
            **columns("expected", assessment.expected),
            **columns("received", assessment.received),
            **columns("employee", assessment.paid_to_employee),
        },
    )


def _shell(tenant: str, declaration_id: UUID, at: datetime) -> dict[str, Any]:
    return {
        "case_id": case_id_of(declaration_id),
        "tenant": tenant,
        "declaration_id": declaration_id,
        "noted_at": at,
        "changed_at": at,
        **_ZEROS,
    }


async def find(tx: Tx, case_id: UUID) -> CaseRow | None:
    found = await tx.execute(select(sick_case).where(sick_case.c.case_id == case_id))
    row = found.mappings().first()
    return None if row is None else _row(row)


async def count_open(tx: Tx) -> dict[tuple[str, ...], float]:
    """By state."""
    query = select(sick_case.c.state, func.count()).where(_is_open()).group_by(sick_case.c.state)
    return {(row[0],): row[1] for row in await tx.execute(query)}


async def sum_open(tx: Tx) -> dict[tuple[str, ...], float]:
    """Euros by state, each as expected, as received, and the gap; floats, for nobody books them."""
    amounts = {"expected": sick_case.c.expected_net, "received": sick_case.c.received_net}
    amounts |= {"gap": sick_case.c.gap}
    sums = [func.sum(each) for each in amounts.values()]
    query = select(sick_case.c.state, *sums).where(_is_open()).group_by(sick_case.c.state)
    return {
        (row[0], name): float(euros or 0)
        for row in await tx.execute(query)
        for name, euros in zip(amounts, row[1:], strict=True)
    }


def _is_open() -> ColumnElement[bool]:
    """In the words of the index `sick_case_open`."""
    return sick_case.c.state.not_in([literal_column(f"'{state}'") for state in _ENDED])


async def list_(
    tx: Tx,
    *,
    tenant: str | None,
    state: CaseState | None,
    declaration_id: UUID | None,
    after: Place | None,
    limit: int,
) -> list[CaseRow]:
    """Newest first; `tenant` None means all of them."""
    query = select(sick_case)
    if tenant is not None:
        query = query.where(sick_case.c.tenant == tenant)
    if state is not None:
        query = query.where(sick_case.c.state == state)
    if declaration_id is not None:
        query = query.where(sick_case.c.declaration_id == declaration_id)
    if after is not None:
        query = query.where(tuple_(sick_case.c.noted_at, sick_case.c.case_id) < tuple_(*after))
    found = await tx.execute(
        query.order_by(sick_case.c.noted_at.desc(), sick_case.c.case_id.desc()).limit(limit)
    )
    return [_row(row) for row in found.mappings()]


def columns(prefix: str, amounts: Amounts | None) -> dict[str, Decimal | None]:
    return {f"{prefix}_{name}": getattr(amounts, name, None) for name in _NAMES}


def amounts_of(row: Any, prefix: str) -> Amounts | None:
    if row[f"{prefix}_net"] is None:
        return None
    return Amounts(**{name: row[f"{prefix}_{name}"] for name in _NAMES})


def _row(row: Any) -> CaseRow:
    return CaseRow(
        case_id=row["case_id"],
        tenant=row["tenant"],
        declaration_id=row["declaration_id"],
        siret=row["siret"],
        person_ref=row["person_ref"],
        revision=row["revision"],
        state=row["state"],
        cancelled=row["cancelled"],
        expected=amounts_of(row, "expected"),
        received=amounts_of(row, "received") or Amounts.zero(),
        paid_to_employee=amounts_of(row, "employee") or Amounts.zero(),
        gap=row["gap"],
        noted_at=row["noted_at"],
        changed_at=row["changed_at"],
        traceparent=row["traceparent"],
    )
