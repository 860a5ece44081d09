"""Payment statements and their payments: where each euro stands, now and before.

A statement is taken once, by its id. A payment has one current allocation; `allocation` keeps all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from chassis.db import Tx
from contracts.events import Statement
from contracts.money import Amounts
from prometheus_client import Gauge
from sqlalchemy import bindparam, func, insert, literal_column, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert

from matcher.domain.days import Days
from matcher.domain.facts import Payment, PaymentKey
from matcher.domain.matching import Allocation
from matcher.store.tables import allocation, payment, statement

OPEN = Gauge("jonction_payments_open", "Payments tied to no case", ["status"])

# Made once: building a query takes longer than running it.
_ADD = upsert(statement).on_conflict_do_nothing().returning(statement.c.statement_id)
_OF_PERSON = (
    select(
        payment,
        statement.c.slip,
        statement.c.siret,
        statement.c.insurance,
        statement.c.claim_number,
        statement.c.accounting_day,
    )
    .join(statement, statement.c.statement_id == payment.c.statement_id)
    .where(
        statement.c.tenant == bindparam("of_tenant"),
        statement.c.person_ref == bindparam("of_person"),
    )
)
_ALLOCATE = update(payment).where(
    payment.c.statement_id == bindparam("of_statement"),
    payment.c.ordinal == bindparam("of_ordinal"),
)
_KEEP_ALLOCATION = insert(allocation).values(
    statement_id=bindparam("of_statement"),
    ordinal=bindparam("of_ordinal"),
    number=select(func.count() + 1)
    .where(
        allocation.c.statement_id == bindparam("of_statement"),
        allocation.c.ordinal == bindparam("of_ordinal"),
    )
    .scalar_subquery(),
)


@dataclass(frozen=True, slots=True)
class Kept:
    payment: Payment
    allocation: Allocation


@dataclass(frozen=True, slots=True)
class Tied:
    amounts: Amounts
    kinds: list[str]


async def count_open(tx: Tx) -> dict[tuple[str, ...], float]:
    """By why they are tied to none: unmatched, or for a person to review."""
    query = (
        select(payment.c.status, func.count())
        .where(payment.c.status != literal_column("'matched'"))
        .group_by(payment.c.status)
    )
    return {(row[0],): row[1] for row in await tx.execute(query)}


async def add(tx: Tx, tenant: str, given: Statement, payments: Sequence[Payment]) -> bool:
    """False if this statement has been taken already."""
    added = await tx.execute(
        _ADD,
        {
            "statement_id": given.statement_id,
            "tenant": tenant,
            "person_ref": given.person_ref,
            "siret": given.siret.value,
            "insurance": given.insurance,
            "claim_number": given.claim_number,
            "slip": given.slip,
            "caisse": given.caisse,
            "accounting_day": given.accounting_day,
            "total": given.total,
            "lines": [line.model_dump(mode="json") for line in given.lines],
            "received_at": given.received_at,
        },
    )
    if added.first() is None:
        return False
    if payments:
        await tx.execute(insert(payment), [_columns(each) for each in payments])
    return True


async def of_person(tx: Tx, tenant: str, person_ref: str) -> list[Kept]:
    found = await tx.execute(_OF_PERSON, {"of_tenant": tenant, "of_person": person_ref})
    return [Kept(_payment(row), _allocation(row)) for row in found.mappings()]


async def allocate(tx: Tx, changed: Mapping[PaymentKey, Allocation], at: datetime) -> None:
    if not changed:
        return
    rows = [
        {
            "of_statement": key.statement_id,
            "of_ordinal": key.ordinal,
            "status": given.status,
            "cause": given.cause,
            "case_id": given.case_id,
        }
        for key, given in changed.items()
    ]
    undone = [each.reverses for each in changed.values()]
    await tx.execute(
        _ALLOCATE,
        [
            row
            | {
                "reverses_statement": reverses.statement_id if reverses else None,
                "reverses_ordinal": reverses.ordinal if reverses else None,
            }
            for row, reverses in zip(rows, undone, strict=True)
        ],
    )
    await tx.execute(_KEEP_ALLOCATION, [row | {"at": at} for row in rows])


async def list_open(
    tx: Tx, *, tenant: str | None, after: PaymentKey | None, limit: int
) -> list[Any]:
    """Payments without a case, unmatched or for a person to decide, with their statement."""
    query = (
        select(payment, statement)
        .join(statement, statement.c.statement_id == payment.c.statement_id)
        .where(payment.c.status != "matched")
    )
    if tenant is not None:
        query = query.where(statement.c.tenant == tenant)
    if after is not None:
        place = tuple_(payment.c.statement_id, payment.c.ordinal)
        query = query.where(place > tuple_(after.statement_id, after.ordinal))
    found = await tx.execute(query.order_by(payment.c.statement_id, payment.c.ordinal).limit(limit))
    return list(found.mappings())


async def rows_of(tx: Tx, ids: Sequence[UUID]) -> list[Any]:
    """Statements with their lines as they came."""
    found = await tx.execute(
        select(statement)
        .where(statement.c.statement_id.in_(ids))
        .order_by(statement.c.accounting_day, statement.c.statement_id)
    )
    return list(found.mappings())


async def tied_to(tx: Tx, case_id: UUID) -> dict[UUID, Tied]:
    """What belongs to the case, by statement."""
    found = await tx.execute(
        select(payment)
        .where(payment.c.case_id == case_id)
        .order_by(payment.c.statement_id, payment.c.ordinal)
    )
    tied: dict[UUID, Tied] = {}
    for row in found.mappings():
        before = tied.get(row["statement_id"], Tied(Amounts.zero(), []))
        tied[row["statement_id"]] = Tied(
            before.amounts + amounts_of(row), sorted({*before.kinds, row["kind"]})
        )
    return tied


def amounts_of(row: Any) -> Amounts:
    return Amounts(gross=row["gross"], csg=row["csg"], crds=row["crds"], net=row["net"])


def periods_of(kept: Sequence[Sequence[str]]) -> tuple[Days, ...]:
    return tuple(Days(date.fromisoformat(first), date.fromisoformat(last)) for first, last in kept)


def _columns(given: Payment) -> dict[str, Any]:
    return {
        "statement_id": given.key.statement_id,
        "ordinal": given.key.ordinal,
        "kind": given.kind,
        "periods": [[run.first.isoformat(), run.last.isoformat()] for run in given.periods],
        "gross": given.amounts.gross,
        "csg": given.amounts.csg,
        "crds": given.amounts.crds,
        "net": given.amounts.net,
        "to_employer": given.to_employer,
        "unreadable_because": given.cause,
    }


def _payment(row: Any) -> Payment:
    return Payment(
        key=PaymentKey(row["statement_id"], row["ordinal"]),
        slip=row["slip"],
        siret=row["siret"],
        insurance=row["insurance"],
        claim_number=row["claim_number"],
        accounting_day=row["accounting_day"],
        kind=row["kind"],
        periods=periods_of(row["periods"]),
        amounts=amounts_of(row),
        to_employer=row["to_employer"],
        cause=row["unreadable_because"],
    )


def _allocation(row: Any) -> Allocation:
    reverses = None
    if row["reverses_statement"] is not None:
        reverses = PaymentKey(row["reverses_statement"], row["reverses_ordinal"])
    return Allocation(row["status"], row["case_id"], row["cause"], reverses)
