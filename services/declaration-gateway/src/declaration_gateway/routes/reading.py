"""Door: HTTP in. What has become of a declaration: status, proofs, answers, case and history."""

from typing import Annotated, Any, get_args
from uuid import UUID

import orjson
from chassis.access import Caller, require
from chassis.errors import Refused
from contracts.events import CaseState
from fastapi import APIRouter, Query, Request, Response

from declaration_gateway.domain.life import STATES, State
from declaration_gateway.flows.read_declaration import read_declaration
from declaration_gateway.flows.read_history import read_history
from declaration_gateway.routes.desk import desk_of
from declaration_gateway.routes.schemas import refusals
from declaration_gateway.store import declarations
from declaration_gateway.store.declarations import Listed

router = APIRouter(prefix="/v1/declarations", tags=["declarations"])

Reader = Annotated[Caller, require("hris", "operator")]
States = Annotated[
    State | CaseState | None,
    Query(description="State of the declaration, or of its case", examples=list(get_args(State))),
]


@router.get("", responses=refusals(400, 401, 403, 422, 503))
async def list_declarations(
    request: Request,
    caller: Reader,
    state: States = None,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Newest first. `next` is the cursor of the following page, null at the end."""
    own = next((each for each in STATES if each == state), None)
    async with desk_of(request).begin() as tx:
        found = await declarations.list_newest(
            tx,
            tenant=None if caller.role == "operator" else caller.tenant,
            status=own,
            case_state=None if own else state,
            before=_after(cursor),
            limit=limit + 1,
        )
    page = found[:limit]
    more = str(page[-1].declaration_id) if len(found) > limit else None
    return _json({"items": [_listed(item) for item in page], "next": more})


@router.get("/{declaration_id}", responses=refusals(401, 403, 404, 422, 503))
async def read_one(request: Request, caller: Reader, declaration_id: UUID) -> Response:
    async with desk_of(request).begin() as tx:
        found = await read_declaration(tx, caller, declaration_id)
    body = found | {"links": _links(declaration_id)}
    return _json(body, {"ETag": f'"{found["revision"]}"'})


@router.get("/{declaration_id}/history", responses=refusals(401, 403, 404, 422, 503))
async def read_its_history(request: Request, caller: Reader, declaration_id: UUID) -> Response:
    async with desk_of(request).begin() as tx:
        entries = await read_history(tx, caller, declaration_id)
    return _json({"items": entries, "next": None})


def _after(cursor: str | None) -> UUID | None:
    try:
        return UUID(cursor) if cursor else None
    except ValueError:
        raise Refused("cursor", field="cursor") from None


def _listed(item: Listed) -> dict[str, Any]:
    return {
        "declaration_id": item.declaration_id,
        "revision": item.revision,
        "status": item.status,
        "employer": {"siret": item.siret},
        "risk": item.risk,
        "period": {"first": item.first_day, "last": item.last_day},
        "declared_at": item.declared_at,
        "case": item.case_state and {"state": item.case_state},
        "links": _links(item.declaration_id),
    }


def _links(declaration_id: UUID) -> dict[str, str]:
    here = f"/v1/declarations/{declaration_id}"
    return {"self": here, "history": f"{here}/history"}


def _json(body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    # asyncpg has a UUID of its own, which orjson does not know.
    raw = orjson.dumps(body, default=str, option=orjson.OPT_UTC_Z)
    return Response(raw, headers=headers, media_type="application/json")
