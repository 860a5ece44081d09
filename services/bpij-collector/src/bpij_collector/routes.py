"""Door: HTTP in. What was fetched, what became of it and why; never whose it is."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from chassis.access import Caller, require
from chassis.db import Database
from chassis.errors import Refused
from chassis.problems import Catalogue, language_of
from contracts.money import Amount
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from sqlalchemy import RowMapping

from bpij_collector.domain.slip_life import SlipState
from bpij_collector.flows.put_back_slip import put_back_slip
from bpij_collector.store import slips, statements

router = APIRouter(prefix="/v1")

Reading = Annotated[Caller, require("operator", "hris")]


class Reason(BaseModel):
    """Why a slip was set aside; `place` is `employer.caisse.person.line` or a path in the XML."""

    code: str
    place: str | None
    title: str
    fix: str


class NoticeView(BaseModel):
    code: str
    about: str
    title: str


class SlipView(BaseModel):
    id: UUID
    tenant: str
    account: str
    name: str
    sha256: str
    size: int
    state: SlipState
    reason: Reason | None
    notices: list[NoticeView]
    identification: str | None
    same_as: UUID | None
    total: Amount | None
    people: int | None
    statements: int | None
    lines: int | None
    fetched_at: datetime
    confirmed_at: datetime | None
    decided_at: datetime | None


class LineView(BaseModel):
    nature: str
    kind: str
    label: str | None
    first: str | None
    last: str | None
    days: int | None
    unit: Amount | None
    amount: Amount
    subrogated: bool


class StatementView(BaseModel):
    id: UUID
    place: str
    siret: str
    caisse: str
    sent_caisse: str
    accounting_day: str
    insurance: str
    claim: str | None
    sign: Literal["+", "-"]
    total: Amount
    lines: list[LineView]


class OverpaymentView(BaseModel):
    place: str
    number: str
    amount: Amount


class SlipDetail(SlipView):
    statement_list: list[StatementView]
    overpayments: list[OverpaymentView]


class SlipPage(BaseModel):
    items: list[SlipView]
    next: str | None


@router.get("/slips")
async def list_slips(
    request: Request,
    caller: Reading,
    state: SlipState | None = None,
    cursor: Annotated[str | None, Query(max_length=20)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> SlipPage:
    """Newest first. A HRIS sees its own tenant's slips, an operator all."""
    before = _number(cursor)
    db: Database = request.app.state.db
    async with db.begin() as tx:
        rows = await slips.list_slips(
            tx, tenant=_tenant(caller), state=state, before=before, limit=limit
        )
    following = str(rows[-1]["number"]) if len(rows) == limit else None
    return SlipPage(items=[SlipView(**_shown(row, request)) for row in rows], next=following)


@router.get("/slips/{slip_id}")
async def get_slip(request: Request, caller: Reading, slip_id: UUID) -> SlipDetail:
    db: Database = request.app.state.db
    async with db.begin() as tx:
        row = await slips.find(tx, slip_id, tenant=_tenant(caller))
        if row is None:
            raise Refused("not-found")
        found = await statements.list_of_slip(tx, slip_id)
        lines = await statements.list_lines(tx, slip_id)
        stated = await statements.list_overpayments(tx, slip_id)
    return SlipDetail(
        **_shown(row, request),
        statement_list=[_statement(item, lines) for item in found],
        overpayments=[OverpaymentView(**item) for item in stated],
    )


@router.post("/slips/{slip_id}/put-back", status_code=202)
async def put_back(
    request: Request, caller: Annotated[Caller, require("operator")], slip_id: UUID
) -> dict[str, str]:
    """After a correction on our side, a slip that was set aside is read again."""
    db: Database = request.app.state.db
    async with db.begin() as tx:
        await put_back_slip(tx, slip_id)
    return {"id": str(slip_id), "state": "fetched"}


def _tenant(caller: Caller) -> str | None:
    return None if caller.role == "operator" else caller.tenant or ""


def _number(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit()):
        raise Refused("cursor", field="cursor")
    return int(cursor)


def _shown(row: RowMapping, request: Request) -> dict[str, Any]:
    catalogue: Catalogue = request.app.state.problems
    language = language_of(request.headers.get("accept-language"))
    shown = {name: value for name, value in row.items() if name not in ("number", "place")}
    shown["reason"] = None
    if row["reason"] is not None:
        text = catalogue.entries[row["reason"]].texts[language]
        shown["reason"] = Reason(
            code=row["reason"], place=row["place"], title=text.title, fix=text.fix
        )
    shown["notices"] = [
        NoticeView(**notice, title=catalogue.entries[notice["code"]].texts[language].title)
        for notice in row["notices"]
    ]
    return shown


def _statement(row: RowMapping, lines: Sequence[RowMapping]) -> StatementView:
    values = {**row, "accounting_day": row["accounting_day"].isoformat()}
    mine = [_line(line) for line in lines if line["statement_id"] == row["id"]]
    return StatementView(**values, lines=mine)


def _line(row: RowMapping) -> LineView:
    unit: Decimal | None = row["unit"]
    return LineView(
        nature=row["nature"],
        kind=row["kind"],
        label=row["label"],
        first=row["first_day"].isoformat() if row["first_day"] else None,
        last=row["last_day"].isoformat() if row["last_day"] else None,
        days=row["days"],
        unit=unit,
        amount=row["amount"],
        subrogated=row["subrogated"],
    )
