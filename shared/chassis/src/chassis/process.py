"""One service as a process: `python -m matcher api | worker | all`, or a command of an operator:
`migrate | replay | rebase | restored | held | incidents`.

`assemble` ties the mechanisms that every service has around its tables of subscriptions, schedules
and routes; `main` runs the result. Stopping by SIGTERM loses nothing: the front takes no more
requests and answers those it has, consumers end their batch, the relay leaves its rows for later.
"""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from contracts import topics
from fastapi import APIRouter

from chassis import failpoints, logs, migrate
from chassis.access import Verifier
from chassis.app import Check, create_app
from chassis.applying import Applier
from chassis.catching_up import CatchingUp
from chassis.clock import Clock, VirtualClock
from chassis.commands import NAMES, operate
from chassis.consumer import Consumer, Subscription
from chassis.db import Database
from chassis.errors import WrongSetting
from chassis.figures import Figure, Figures, of_mechanisms
from chassis.incidents import Incidents
from chassis.operations import operations_router
from chassis.parts import Parts, Worker
from chassis.problems import Catalogue
from chassis.quiet import Quiescence, Quiet
from chassis.relay import Relay
from chassis.restoring import Recall
from chassis.schedules import HasRead, Schedule, Scheduler
from chassis.servers import await_database, check_credentials
from chassis.settings import S, ServiceSettings, load, stop

__all__ = ["Parts", "assemble", "main", "run"]

log = structlog.get_logger()


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
    incidents: Incidents | None = None,
    figures: Sequence[Figure] = (),
    **state: Any,
) -> Parts:
    relay = Relay(settings.database.get_secret_value(), settings.broker, service)
    workers: list[Worker] = []
    checks: dict[str, Check] = {"database": db.ready, "relay": relay.ready}
    readings: list[Quiet] = [relay.quiet]
    has_read: HasRead | None = None
    applier: Applier | None = None
    if names := [topic.name for topic in topics.read_by(service)]:
        consumer = Consumer(db, settings.broker, service, names, subscriptions, clock=clock)
        workers.append(consumer)
        checks["consumer"] = consumer.ready
        readings.append(consumer.quiet)
        has_read, applier = CatchingUp(consumer.standing).is_done, consumer.applier
    incidents = incidents or Incidents(service, clock)
    scheduler = Scheduler(schedules, clock, has_read=has_read)
    workers.append(scheduler)
    readings.append(scheduler.quiet)
    app = create_app(
        service,
        production=settings.mode == "production",
        routers=[*routers, operations_router(db, incidents, applier)],
        problems=Catalogue.load(problems),
        readiness=checks | dict(readiness or {}),
        quiescence=Quiescence(service, clock, readings),
        figures=Figures(service, db.begin, [*of_mechanisms(service), *figures]),
        verifier=Verifier(settings.keys, service),
        db=db,
        incidents=incidents,
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
            case name if name in NAMES:
                asyncio.run(operate(build, settings, service, name, arguments))
            case _:
                module = service.replace("-", "_")
                stop(f"usage: python -m {module} api|worker|all|migrate|{'|'.join(NAMES)}")
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
