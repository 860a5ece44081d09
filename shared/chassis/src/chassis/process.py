"""One service as a process: `python -m matcher api | worker | all`, or a command of an operator:
`migrate | replay | rebase | restored | held`.

`assemble` ties the mechanisms that every service has around its tables of subscriptions, schedules
and routes; `main` runs the result. Stopping by SIGTERM loses nothing: the front takes no more
requests and answers those it has, consumers end their batch, the relay leaves its rows for later.
"""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import structlog
import uvicorn
from contracts import topics
from fastapi import APIRouter, FastAPI

from chassis import failpoints, logs, migrate
from chassis.access import Verifier
from chassis.app import Check, create_app
from chassis.clock import Clock, VirtualClock
from chassis.consumer import Consumer, Subscription
from chassis.db import Database
from chassis.errors import WrongSetting
from chassis.figures import Figure, Figures, of_mechanisms
from chassis.operating import operate_held, operate_log, operate_restored
from chassis.operations import operations_router
from chassis.problems import Catalogue
from chassis.quiet import Quiescence, Quiet
from chassis.relay import Relay
from chassis.restoring import Recall
from chassis.schedules import Schedule, Scheduler
from chassis.servers import await_database, check_credentials, reach_database
from chassis.settings import S, ServiceSettings, load, stop

log = structlog.get_logger()


class Worker(Protocol):
    async def run(self, stop: asyncio.Event) -> None: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What `build(settings)` of a service's `wiring.py` hands to `main`."""

    app: FastAPI
    clock: Clock
    relay: Sequence[Worker] = ()
    """Runs beside the API too: whoever writes events also sends them."""
    workers: Sequence[Worker] = ()
    closers: Sequence[Callable[[], Awaitable[None]]] = field(default_factory=tuple)
    recall: Recall = field(default_factory=Recall)
    """What the service does after its database was restored from a backup."""


def assemble(
    service: str,
    settings: ServiceSettings,
    *,
    db: Database,
    clock: Clock,
    problems: Path,
    subscriptions: Sequence[Subscription] = (),
    schedules: Sequence[Schedule] = (),
    routers: Sequence[APIRouter] = (),
    readiness: Mapping[str, Check] | None = None,
    closers: Sequence[Callable[[], Awaitable[None]]] = (),
    recall: Recall | None = None,
    figures: Sequence[Figure] = (),
    **state: Any,
) -> Parts:
    relay = Relay(settings.database.get_secret_value(), settings.broker, service)
    workers: list[Worker] = []
    checks: dict[str, Check] = {"database": db.ready, "relay": relay.ready}
    readings: list[Quiet] = [relay.quiet]
    reading: Quiet | None = None
    if names := [topic.name for topic in topics.read_by(service)]:
        consumer = Consumer(db, settings.broker, service, names, subscriptions, clock=clock)
        workers.append(consumer)
        checks["consumer"] = consumer.ready
        readings.append(consumer.quiet)
        reading = consumer.quiet
    scheduler = Scheduler(schedules, clock, reading=reading)
    workers.append(scheduler)
    readings.append(scheduler.quiet)
    app = create_app(
        service,
        production=settings.mode == "production",
        routers=[*routers, operations_router(db)],
        problems=Catalogue.load(problems),
        readiness=checks | dict(readiness or {}),
        quiescence=Quiescence(service, clock, readings),
        figures=Figures(service, db.begin, [*of_mechanisms(service), *figures]),
        verifier=Verifier(settings.keys, service),
        db=db,
        **state,
    )
    return Parts(app, clock, [relay], workers, [*closers, db.close], recall or Recall())


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        """Signals are ours: the front stops first, the workers after it."""
        yield


async def run(parts: Parts, settings: ServiceSettings, part: str) -> None:
    ending = asyncio.Event()
    # For requests that wait for something to come: they answer instead of holding up the stop.
    parts.app.state.stopping = ending
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    workers = [*parts.relay, *(parts.workers if part != "api" else ())]
    if isinstance(parts.clock, VirtualClock):
        await parts.clock.start()
        workers.append(parts.clock)
    server = _Server(
        uvicorn.Config(
            parts.app,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=10,
            timeout_keep_alive=30,
            h11_max_incomplete_event_size=32 * 1024,
        )
    )
    stop_workers = asyncio.Event()
    serving = asyncio.create_task(server.serve())
    working = [asyncio.create_task(worker.run(stop_workers)) for worker in workers]
    async with _ended(ending, [serving, *working]):
        server.should_exit = True
        await serving
        stop_workers.set()
        await asyncio.gather(*working)
        for close in parts.closers:
            await close()
    log.info("stopped")


@contextlib.asynccontextmanager
async def _ended(ending: asyncio.Event, tasks: list[asyncio.Task[None]]) -> AsyncIterator[None]:
    """Waits for the signal, or for a task that ends by itself: then the process must not live on
    deaf.
    """
    asked = asyncio.create_task(ending.wait())
    done, _ = await asyncio.wait([asked, *tasks], return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    yield
    for task in done:
        if task is not asked:
            task.result()


def main(service: str, settings_class: type[S], build: Callable[[S], Parts]) -> None:
    """Exit codes: 0 stopped when asked, 1 a bug, 2 a wrong setting or command."""
    command, arguments = sys.argv[1] if len(sys.argv) > 1 else "", sys.argv[2:]
    settings = load(settings_class)
    logs.configure(service, settings.log_level)
    try:
        match command:
            case "api" | "worker" | "all":
                failpoints.arm(settings.failpoint)
                asyncio.run(_start(build, settings, command, service))
            case "migrate":
                asyncio.run(_migrate(settings, service))
            case "replay" | "rebase":
                asyncio.run(_operate(command, settings, arguments))
            case "held":
                asyncio.run(_held(build, settings, arguments))
            case "restored":
                asyncio.run(_restored(build, settings, service))
            case _:
                module = service.replace("-", "_")
                commands = "api|worker|all|migrate|replay|rebase|restored|held"
                stop(f"usage: python -m {module} {commands}")
    except WrongSetting as wrong:
        stop(str(wrong))


async def _start(build: Callable[[S], Parts], settings: S, command: str, service: str) -> None:
    if settings.traces != "off":
        from chassis import tracing

        tracing.start(service, settings)
    if settings.database:
        await check_credentials(settings)
    await run(build(settings), settings, command)


async def _migrate(settings: ServiceSettings, service: str) -> None:
    await await_database(settings.database_owner.get_secret_value(), "JONCTION_DATABASE_OWNER")
    migrate.upgrade(settings, service)


async def _operate(command: str, settings: ServiceSettings, arguments: list[str]) -> None:
    await reach_database(settings)
    db = Database(settings.database.get_secret_value(), size=1)
    try:
        print(await operate_log(db, command, arguments))
    finally:
        await db.close()


async def _held(build: Callable[[S], Parts], settings: S, arguments: list[str]) -> None:
    """With the service's own reactions, hence its whole wiring, of which nothing runs."""
    async with _built(build, settings) as parts:
        consumer = next((each for each in parts.workers if isinstance(each, Consumer)), None)
        if consumer is None:
            stop("this service reads no topic")
        print(await operate_held(consumer.applier, arguments))


async def _restored(build: Callable[[S], Parts], settings: S, service: str) -> None:
    async with _built(build, settings) as parts:
        at = parts.clock.now()
        print(await operate_restored(parts.app.state.db, settings, service, parts.recall, at))


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
