"""What an operator does to one service from its shell, beside starting it.

`replay [SINCE]`, `rebase`, `held`, `held retry STREAM`, `held retry-unreadable ID`,
`held skip ID REASON`. Held events are retried with the service's own reactions, whether it runs or
not: the locks on the streams keep both apart.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis import release
from chassis.applying import Applier
from chassis.db import Database
from chassis.errors import Refused
from chassis.held import list_held
from chassis.replay import rebase, replay

USAGE = "held [retry STREAM | retry-unreadable ID | skip ID REASON]"


async def operate_log(db: Database, command: str, arguments: Sequence[str]) -> str:
    if command == "rebase":
        return f"{await rebase(db)} positions dropped"
    since = datetime.fromisoformat(arguments[0]) if arguments else None
    return f"{await replay(db, since)} events put back into the outbox"


async def operate_held(applier: Applier, arguments: Sequence[str]) -> str:
    """One line for the operator; content is never shown."""
    try:
        match arguments:
            case []:
                async with applier.begin() as tx:
                    return "\n".join(str(event) for event in await list_held(tx))
            case ["retry", stream]:
                return f"{await release.retry(applier, UUID(stream))} events applied"
            case ["retry-unreadable", held_id]:
                readable = await release.retry_unreadable(applier, int(held_id))
                return "taken" if readable else "still unreadable"
            case ["skip", held_id, because]:
                followed = await release.skip(applier, int(held_id), because)
                return f"skipped; {followed} held events followed"
    except Refused as refused:
        return f"refused: {refused.code}"
    return f"usage: {USAGE}"
