"""Statements, lines and stated overpayments: written once, in the transaction of their event."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from chassis.db import Tx
from contracts.sealed import SealedField
from sqlalchemy import RowMapping, insert, select

from bpij_collector.domain.slip import Insured
from bpij_collector.domain.statement import PaymentStatement
from bpij_collector.store.tables import overpayment, statement, statement_line


async def add(
    tx: Tx,
    *,
    id: UUID,
    tenant: str,
    slip_id: UUID,
    paid: PaymentStatement,
    person_ref: str,
    person: SealedField,
) -> None:
    await tx.execute(
        insert(statement).values(
            id=id,
            tenant=tenant,
            slip_id=slip_id,
            place=paid.place,
            siret=paid.siret.value,
            person_ref=person_ref,
            person=person,
            sent_caisse=paid.sent_caisse,
            caisse=paid.caisse,
            accounting_day=paid.accounting_day,
            insurance=paid.insurance,
            claim=paid.claim,
            sign=paid.sign,
            total=paid.total,
        )
    )
    lines: list[dict[str, Any]] = [
        {
            "statement_id": id,
            "ordinal": ordinal,
            "nature": line.nature,
            "kind": line.kind,
            "label": line.label,
            "first_day": line.first,
            "last_day": line.last,
            "days": line.days,
            "unit": line.unit,
            "amount": line.amount,
            "subrogated": line.subrogated,
        }
        for ordinal, line in enumerate(paid.lines, 1)
    ]
    await tx.execute(insert(statement_line), lines)


async def add_overpayments(
    tx: Tx, *, tenant: str, slip_id: UUID, insured: Insured, person_ref: str
) -> None:
    rows: list[dict[str, Any]] = [
        {
            "slip_id": slip_id,
            "place": insured.place,
            "ordinal": ordinal,
            "tenant": tenant,
            "person_ref": person_ref,
            "number": stated.number,
            "amount": stated.amount,
        }
        for ordinal, stated in enumerate(insured.overpayments, 1)
    ]
    if rows:
        await tx.execute(insert(overpayment), rows)


async def list_of_slip(tx: Tx, slip_id: UUID) -> Sequence[RowMapping]:
    """Without the person: a slip's page shows money and places, not people."""
    shown = [c for c in statement.c if c.name not in ("person", "person_ref", "tenant", "slip_id")]
    query = select(*shown).where(statement.c.slip_id == slip_id).order_by(statement.c.place)
    return (await tx.execute(query)).mappings().all()


async def list_lines(tx: Tx, slip_id: UUID) -> Sequence[RowMapping]:
    query = (
        select(statement_line)
        .join(statement, statement.c.id == statement_line.c.statement_id)
        .where(statement.c.slip_id == slip_id)
        .order_by(statement_line.c.statement_id, statement_line.c.ordinal)
    )
    return (await tx.execute(query)).mappings().all()


async def list_overpayments(tx: Tx, slip_id: UUID) -> Sequence[RowMapping]:
    query = (
        select(overpayment.c.place, overpayment.c.number, overpayment.c.amount)
        .where(overpayment.c.slip_id == slip_id)
        .order_by(overpayment.c.place, overpayment.c.ordinal)
    )
    return (await tx.execute(query)).mappings().all()
