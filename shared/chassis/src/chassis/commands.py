"""An operator's commands as a process: `python -m matcher replay | rebase | restored | held |
incidents`. Built from the settings like the service itself, of which nothing runs.
"""

import contextlib
from collections.abc import AsyncIterator, Callable

from chassis.clock import VirtualClock
from chassis.consumer import Consumer
from chassis.db import Database
from chassis.incidents import Incidents
from chassis.operating import operate_held, operate_incidents, operate_log, operate_restored
from chassis.parts import Parts
from chassis.servers import reach_database
from chassis.settings import S, ServiceSettings, stop

NAMES = ("replay", "rebase", "restored", "held", "incidents")


async def operate(
    build: Callable[[S], Parts], settings: S, service: str, name: str, arguments: list[str]
) -> None:
    if name in ("replay", "rebase"):
        await _operate(settings, name, arguments)
        return
    async with _built(build, settings) as parts:
        db: Database = parts.app.state.db
        match name:
            case "held":
                print(await operate_held(_consumer(parts).applier, arguments))
            case "incidents":
                incidents: Incidents = parts.app.state.incidents
                print(await operate_incidents(db, incidents, arguments))
            case "restored":
                at = parts.clock.now()
                print(await operate_restored(db, settings, service, parts.recall, at))


async def _operate(settings: ServiceSettings, name: str, arguments: list[str]) -> None:
    await reach_database(settings)
    db = Database(settings.database.get_secret_value(), size=1)
    try:
        print(await operate_log(db, name, arguments))
    finally:
        await db.close()


def _consumer(parts: Parts) -> Consumer:
    consumer = next((each for each in parts.workers if isinstance(each, Consumer)), None)
    if consumer is None:
        stop("this service reads no topic")
    return consumer


@contextlib.asynccontextmanager
async def _built(build: Callable[[S], Parts], settings: S) -> AsyncIterator[Parts]:
    await reach_database(settings)
    parts = build(settings)
    if isinstance(parts.clock, VirtualClock):
        await parts.clock.start()
    try:
        yield parts
    finally:
        for close in parts.closers:
            await close()
