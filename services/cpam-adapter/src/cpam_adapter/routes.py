"""Door: HTTP in, for operators. Where each submission stands, with its attempts and proofs, and
what came from the CPAM and could not be tied to one. After a restore: the end of the hold.
"""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from chassis.access import Caller, require
from chassis.db import Database
from chassis.errors import Refused
from chassis.incidents import Incidents
from chassis.logs import scrub
from chassis.sealing import Sealer
from fastapi import APIRouter, Query, Request

from cpam_adapter.flows.release_deposits import release_deposits
from cpam_adapter.store import answers, holding, proofs, quarantine, submissions
from cpam_adapter.store.submissions import Submission

router = APIRouter(prefix="/v1")
Operator = Annotated[Caller, require("operator")]
Limit = Annotated[int, Query(ge=1, le=200)]
_HIDDEN = ("envelope", "account", "failures")
_MOST_RAW_CHARACTERS = 20_000


@router.get("/submissions")
async def list_submissions(
    request: Request,
    caller: Operator,
    declaration_id: UUID | None = None,
    cursor: UUID | None = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    db: Database = request.app.state.db
    async with db.begin() as tx:
        found = await submissions.list_(
            tx, declaration=declaration_id, after_id=cursor, limit=limit + 1
        )
    return _page([_shown(item) for item in found], limit)


@router.get("/submissions/{identity}")
async def show_submission(request: Request, caller: Operator, identity: UUID) -> dict[str, Any]:
    db: Database = request.app.state.db
    async with db.begin() as tx:
        found = await submissions.find(tx, identity)
        if found is None:
            raise Refused("submission-unknown")
        return {
            **_shown(found),
            "attempts": _rows(await proofs.list_attempts(tx, identity)),
            "evidence": _rows(await proofs.list_evidence(tx, identity)),
            "answers": _rows(await answers.list_of(tx, identity)),
        }


@router.get("/quarantine")
async def list_quarantine(
    request: Request, caller: Operator, cursor: UUID | None = None, limit: Limit = 50
) -> dict[str, Any]:
    db: Database = request.app.state.db
    async with db.begin() as tx:
        found = await quarantine.list_(tx, after=cursor, limit=limit + 1)
    return _page(_rows(found), limit)


@router.get("/quarantine/{identity}")
async def show_quarantined(request: Request, caller: Operator, identity: UUID) -> dict[str, Any]:
    """With what came, as text, without anything shaped like a person's number."""
    db: Database = request.app.state.db
    sealer: Sealer = request.app.state.sealer
    async with db.begin() as tx:
        found = await quarantine.find(tx, identity)
        if found is None:
            raise Refused("quarantine-unknown")
        raw = await quarantine.get_raw(tx, identity, sealer)
    text = raw.decode("utf-8", errors="replace")[:_MOST_RAW_CHARACTERS]
    return {**found, "raw": scrub(text)}


@router.get("/deposits")
async def show_deposits(request: Request, caller: Operator) -> dict[str, Any]:
    """Whether deposits are held after a restore, whether declarations of the lost time are still to
    be read again, and how many are still to be asked about.
    """
    db: Database = request.app.state.db
    async with db.begin() as tx:
        return {
            "held": await holding.is_on(tx),
            "unread": await holding.is_unread(tx),
            "unasked": await holding.count_unasked(tx),
        }


@router.post("/deposits/release")
async def release(request: Request, caller: Operator) -> dict[str, Any]:
    db: Database = request.app.state.db
    incidents: Incidents = request.app.state.incidents
    async with db.begin() as tx:
        await release_deposits(tx, incidents)
    return {"held": False}


def _shown(submission: Submission) -> dict[str, Any]:
    names = [name for name in Submission.__dataclass_fields__ if name not in _HIDDEN]
    return {name: getattr(submission, name) for name in names}


def _rows(rows: Sequence[sa.RowMapping]) -> list[dict[str, Any]]:
    return [dict(row) for row in rows]


def _page(items: list[dict[str, Any]], limit: int) -> dict[str, Any]:
    return {"items": items[:limit], "next": items[limit - 1]["id"] if len(items) > limit else None}
