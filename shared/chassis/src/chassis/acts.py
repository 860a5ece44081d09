"""What operators did, over HTTP or from a shell: who, what, to which row, why, and what came of it.

Written in the transaction of the act. Rows are never changed.
"""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from chassis.db import Tx
from chassis.logs import scrub

SHELL = "shell"
"""The client of an act from a shell: whoever could open one."""

_ADD = text(
    """
    insert into operator_act (client, act, target, because, outcome)
    values (:client, :act, :target, :because, cast(:outcome as jsonb))
    """
)
_LAST = text(
    """
    select outcome from operator_act where act = :act and target = :target
    order by id desc limit 1
    """
)
_LIST = text(
    """
    select id, at, client, act, target, because, outcome from operator_act
    where id < :before order by id desc limit :limit
    """
)


async def record(
    tx: Tx,
    act: str,
    target: object,
    outcome: Mapping[str, object],
    *,
    by: str,
    because: str | None = None,
) -> None:
    values = {
        "client": by,
        "act": act,
        "target": str(target),
        "because": because and scrub(because),
        "outcome": json.dumps(dict(outcome)),
    }
    await tx.execute(_ADD, values)


async def find_outcome(tx: Tx, act: str, target: object) -> dict[str, Any] | None:
    """Of the last such act, so that a request which is sent again gets its answer again."""
    found = (await tx.execute(_LAST, {"act": act, "target": str(target)})).scalar_one_or_none()
    return None if found is None else dict(found)


async def list_acts(tx: Tx, *, before: int, limit: int) -> list[dict[str, Any]]:
    """Newest first; `before` is the last `id` of the page before."""
    found = await tx.execute(_LIST, {"before": before, "limit": limit})
    return [dict(row) for row in found.mappings()]
