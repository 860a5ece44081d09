"""Reaction: keeps a declaration's case as the matcher tells it, and the fact that moved it."""

from typing import Any

from chassis.db import Tx
from contracts.envelope import Event
from contracts.events import Case, CaseAnswered, CaseMatched, CaseOverdue, CaseOverdueEnded

from declaration_gateway.store import cases
from declaration_gateway.store.cases import CaseFact, CaseView


async def record_case(tx: Tx, event: Event, data: Case) -> None:
    before = await cases.find(tx, event.tenant, data.declaration_id)
    overdue = dict(before.overdue) if before else {}
    if isinstance(data, CaseOverdue):
        overdue[str(data.overdue_id)] = data.awaited
    if isinstance(data, CaseOverdueEnded):
        overdue.pop(str(data.overdue_id), None)
    amounts = {"expected", "received", "paid_to_employee", "gap"}
    await cases.put(
        tx,
        CaseView(
            tenant=event.tenant,
            case_id=event.stream,
            declaration_id=data.declaration_id,
            state=data.state,
            amounts=data.model_dump(mode="json", include=amounts),
            overdue=overdue,
            at=event.time,
        ),
    )
    # An answer stands in the history already, as the adapter told it.
    if not isinstance(data, CaseAnswered):
        await cases.add_fact(tx, _fact(event, data))


def _fact(event: Event, data: Case) -> CaseFact:
    return CaseFact(
        case_id=event.stream,
        version=event.version,
        tenant=event.tenant,
        declaration_id=data.declaration_id,
        type=event.type.rpartition(".")[2],
        state=data.state,
        detail=_detail(data),
        at=event.time,
    )


def _detail(data: Case) -> dict[str, Any]:
    """What is particular to this fact; the case's amounts stand in its view."""
    match data:
        case CaseMatched():
            return data.model_dump(mode="json", include={"statement_id", "matched"})
        case CaseOverdue():
            return data.model_dump(mode="json", include={"awaited", "due_at"})
        case CaseOverdueEnded():
            return data.model_dump(mode="json", include={"awaited", "reason"})
        case _:
            return data.model_dump(mode="json", include={"expected", "gap"})
