"""What the routes share: who may read, which case is theirs, and cursors."""

import base64
import binascii
from datetime import datetime
from typing import Annotated
from uuid import UUID

from chassis.access import Caller, require
from chassis.db import Tx
from chassis.errors import Refused

from matcher.store import cases
from matcher.store.cases import CaseRow

Reader = Annotated[Caller, require("operator", "hris")]


def tenant_of(caller: Caller) -> str | None:
    """None: all tenants."""
    return None if caller.role == "operator" else caller.tenant


async def case_of(tx: Tx, caller: Caller, case_id: UUID) -> CaseRow:
    """Another tenant's case is not found, as one that does not exist."""
    found = await cases.find(tx, case_id)
    if found is None or not caller.may_see(found.tenant):
        raise Refused("not-found")
    return found


def cursor_of(*place: object) -> str:
    return base64.urlsafe_b64encode(" ".join(map(str, place)).encode()).decode()


def instant_and_id(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    at, identity = _parts(cursor)
    try:
        instant, found = datetime.fromisoformat(at), UUID(identity)
    except ValueError:
        raise Refused("cursor", field="cursor") from None
    if instant.tzinfo is None:
        raise Refused("cursor", field="cursor")
    return instant, found


def id_and_number(cursor: str | None) -> tuple[UUID, int] | None:
    if cursor is None:
        return None
    identity, number = _parts(cursor)
    try:
        return UUID(identity), int(number)
    except ValueError:
        raise Refused("cursor", field="cursor") from None


def _parts(cursor: str) -> tuple[str, str]:
    try:
        first, _, second = base64.urlsafe_b64decode(cursor).decode("ascii").partition(" ")
    except (binascii.Error, ValueError):
        raise Refused("cursor", field="cursor") from None
    return first, second
