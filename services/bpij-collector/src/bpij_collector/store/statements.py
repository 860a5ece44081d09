"""Statements, lines and stated overpayments: written once, in the transaction of their event."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.db import Tx
from contracts.sealed import SealedField
from sqlalchemy import RowMapping, insert, select

from bpij_collector.domain.slip import Insured
from bpij_collector.domain.statement import PaymentStatement
from bpij_collector.store.tables import overpayment, statement, statement_line


@dataclass(frozen=True, slots=True)
class Sealed:
    """A statement with its person already sealed for its own stream."""

    id: UUID
    paid: PaymentStatement
    person_ref: str
    person: SealedField


async def add_all(tx: Tx, tenant: str, slip_id: UUID, ready: Sequence[Sealed]) -> None:
    rows = [_statement(tenant, slip_id, each) for each in ready]
    lines = [line for each in ready for line in _lines(each)]
    if rows:
        await tx.execute(insert(statement), rows)
        await tx.execute(insert(statement_line), lines)


def _statement(tenant: str, slip_id: UUID, each: Sealed) -> dict[str, Any]:
    paid = each.paid
    return {
        "id": each.id,
        "tenant": tenant,
        "slip_id": slip_id,
        "place": paid.place,
        "siret": paid.siret.value,
        "person_ref": each.person_ref,
        "person": each.person,
        "sent_caisse": paid.sent_caisse,
        "caisse": paid.caisse,
        "accounting_day": paid.accounting_day,
        "insurance": paid.insurance,
        "claim": paid.claim,
        "sign": paid.sign,
        "total": paid.total,
    }


def _lines(each: Sealed) -> list[dict[str, Any]]:
    return [
        {
            "statement_id": each.id,
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
        for ordinal, line in enumerate(each.paid.lines, 1)
    ]


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
