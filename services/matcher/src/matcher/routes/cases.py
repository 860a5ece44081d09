"""Cases as they stand, and one case with the calculation of what is expected, line by line."""

from typing import Annotated
from uuid import UUID

from chassis.db import Database
from contracts.events import CaseState
from fastapi import APIRouter, Query, Request

from matcher.routes.reading import Reader, case_of, cursor_of, instant_and_id, tenant_of
from matcher.routes.views import (
    CaseList,
    WholeCase,
    answer_of,
    calculation_of,
    deadline_of,
    declared_of,
    view,
)
from matcher.store import cases, deadlines, facts, history

router = APIRouter(tags=["cases"])


@router.get("/cases")
async def list_cases(
    request: Request,
    caller: Reader,
    *,
    state: CaseState | None = None,
    declaration_id: UUID | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> CaseList:
    """Newest first."""
    db: Database = request.app.state.db
    async with db.begin() as tx:
        found = await cases.list_(
            tx,
            tenant=tenant_of(caller),
            state=state,
            declaration_id=declaration_id,
            after=instant_and_id(cursor),
            limit=limit + 1,
        )
    page = found[:limit]
    more = len(found) > limit
    return CaseList(
        items=[view(case) for case in page],
        next=cursor_of(page[-1].noted_at.isoformat(), page[-1].case_id) if more else None,
    )


@router.get("/cases/{case_id}")
async def get_case(request: Request, caller: Reader, case_id: UUID) -> WholeCase:
    db: Database = request.app.state.db
    async with db.begin() as tx:
        case = await case_of(tx, caller, case_id)
        revisions = await facts.revisions_of(tx, [case_id])
        answers = await facts.answers_of(tx, [case_id])
        expectations = await history.expectations_of(tx, case_id)
        due = await deadlines.of_cases(tx, [case_id])
    return WholeCase(
        **view(case).model_dump(),
        declared=declared_of(revisions[-1][1]) if revisions else None,
        calculation=calculation_of(expectations[-1]) if expectations else None,
        answers=[answer_of(answer) for _, answer, _ in answers],
        deadlines=[deadline_of(deadline) for _, deadline in due],
    )
