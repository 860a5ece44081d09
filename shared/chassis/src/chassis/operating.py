"""What an operator does to one service from its shell, beside starting it.

`replay [SINCE]`, `rebase`, `restored`, `held`, `held retry STREAM`, `held retry-unreadable ID`,
`held skip ID REASON`, `incidents`, `incidents close ID REASON`. Held events are retried with the
service's own reactions, whether it runs or not: the locks on the streams keep both apart.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from contracts import topics

from chassis import acts, release
from chassis.applying import Applier
from chassis.db import Database
from chassis.errors import Refused, Unavailable, WrongSetting
from chassis.held import list_held
from chassis.incidents import Incidents, list_incidents
from chassis.replay import rebase, replay
from chassis.restoring import Recall, StillRunning, take_back
from chassis.settings import ServiceSettings

INCIDENTS = "incidents [close ID REASON]"
USAGE = "held [retry STREAM | retry-unreadable ID | skip ID REASON]"


async def operate_log(db: Database, command: str, arguments: Sequence[str]) -> str:
    if command == "rebase":
        return f"{await rebase(db)} positions dropped"
    since = datetime.fromisoformat(arguments[0]) if arguments else None
    return f"{await replay(db, since)} events put back into the outbox"


async def operate_restored(
    db: Database, settings: ServiceSettings, service: str, recall: Recall, at: datetime
) -> str:
    """`at` is business time. Raises WrongSetting where it cannot be done now."""
    try:
        taken = await take_back(
            db,
            settings.database.get_secret_value(),
            settings.broker,
            service,
            written=[topic.name for topic in topics.written_by(service)],
            read=[topic.name for topic in topics.read_by(service)],
            recall=recall,
            at=at,
        )
    except StillRunning:
        raise WrongSetting(f"{service} still runs on this database: stop it first") from None
    except Unavailable as away:
        raise WrongSetting(f"{away.reason} gives no answer; nothing changed, try again") from away
    line = f"epoch {taken.epoch}; {taken.events} events published after the backup taken back"
    left = ", ".join(map(str, taken.refused))
    return f"{line}; they contradict what is known of {left}" if left else line


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


async def operate_incidents(db: Database, incidents: Incidents, arguments: Sequence[str]) -> str:
    try:
        async with db.begin() as tx:
            match arguments:
                case []:
                    return "\n".join(str(each) for each in await list_incidents(tx))
                case ["close", identity, because]:
                    closed = await incidents.acknowledge(
                        tx, UUID(identity), by=acts.SHELL, because=because
                    )
                    return "closed" if closed else "was closed"
    except Refused as refused:
        return f"refused: {refused.code}"
    return f"usage: {INCIDENTS}"
