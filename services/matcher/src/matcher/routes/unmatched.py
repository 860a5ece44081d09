"""Money that came and has no case: waiting for a declaration, or for a person to decide."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from chassis.db import Database
from contracts.events import Period
from contracts.money import Amounts
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from matcher.domain.facts import PaymentKey
from matcher.routes.reading import Reader, cursor_of, id_and_number, tenant_of
from matcher.routes.views import period_of
from matcher.store import statements

router = APIRouter(tags=["payments"])

CAUSES: dict[str, tuple[str, str]] = {
    "no-case": (
        "Aucun arrêt déclaré ne couvre cette période",
        "No declared arrêt covers this period",
    ),
    "several-cases": (
        "Plusieurs arrêts conviennent : à rattacher à la main",
        "Several arrêts fit: a person must choose",
    ),
    "probable-duplicate": (
        "Même période et même montant qu'un paiement déjà reçu",
        "Same period and amount as a payment already received",
    ),
    "reversal-alone": (
        "Annulation sans paiement aux mêmes dates",
        "Reversal without a payment of the same dates",
    ),
    "reversal-of-several": (
        "Annulation qui convient à plusieurs paiements",
        "Reversal that fits several payments",
    ),
    "unknown-nature": ("Code nature inconnu", "Unknown nature code"),
    "indu-line": ("Constat ou récupération d'indu", "Overpayment stated or recovered"),
    "retenue-alone": ("Retenue sans indemnité", "Retenue without its allowance"),
    "line-without-dates": ("Indemnité sans dates", "Allowance without dates"),
    "lines-cancel-out": ("Lignes qui s'annulent", "Lines that cancel out"),
}


class Words(BaseModel):
    fr: str
    en: str


class OpenPayment(BaseModel):
    """`unmatched` is tried again with each declaration; `review` waits for a person."""

    statement_id: UUID
    ordinal: int
    tenant: str
    siret: str
    insurance: str
    claim_number: str | None
    slip: str
    accounting_day: date
    status: Literal["unmatched", "review"]
    cause: str
    title: Words
    periods: list[Period]
    amounts: Amounts
    to_employer: bool


class OpenPayments(BaseModel):
    items: list[OpenPayment]
    next: str | None


@router.get("/unmatched")
async def list_unmatched(
    request: Request,
    caller: Reader,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> OpenPayments:
    db: Database = request.app.state.db
    place = id_and_number(cursor)
    async with db.begin() as tx:
        found = await statements.list_open(
            tx,
            tenant=tenant_of(caller),
            after=PaymentKey(*place) if place else None,
            limit=limit + 1,
        )
    page = [_view(row) for row in found[:limit]]
    more = len(found) > limit
    return OpenPayments(
        items=page, next=cursor_of(page[-1].statement_id, page[-1].ordinal) if more else None
    )


def _view(row: Any) -> OpenPayment:
    title = CAUSES[row["cause"]]
    return OpenPayment(
        statement_id=row["statement_id"],
        ordinal=row["ordinal"],
        tenant=row["tenant"],
        siret=row["siret"],
        insurance=row["insurance"],
        claim_number=row["claim_number"],
        slip=row["slip"],
        accounting_day=row["accounting_day"],
        status=row["status"],
        cause=row["cause"],
        title=Words(fr=title[0], en=title[1]),
        periods=[period_of(days) for days in statements.periods_of(row["periods"])],
        amounts=statements.amounts_of(row),
        to_employer=row["to_employer"],
    )
