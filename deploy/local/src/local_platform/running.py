"""`make run` and what an operator does beside it: status, replay, rebase."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from datetime import datetime

from chassis.db import Database
from chassis.http import http_client
from chassis.replay import rebase, replay
from httpx import HTTPError
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from local_platform.environment import Surroundings
from local_platform.failure import PlatformFailed
from local_platform.kafka import Kafka
from local_platform.material import Material
from local_platform.places import VAR
from local_platform.postgres import Postgres
from local_platform.services import SERVICES, WITH_DATABASE, package_of
from local_platform.supervisor import Platform

FOLDER = VAR / "run"
console = Console(highlight=False)


def say(line: str) -> None:
    console.print(line, markup=False, soft_wrap=True)


async def stay_up() -> None:
    """The platform on its kept data, until cancelled; what dies is started again."""
    async with Platform(FOLDER, keep=True, say=say) as platform:
        for name, service in platform.services.items():
            say(f"  {name:20} {service.url}")
        say(f"mails: {platform.mails} - directory and secrets: {platform.material.folder}")
        say("Ctrl-C ends")
        with contextlib.suppress(asyncio.CancelledError):
            await platform.watch()


async def show_status() -> None:
    around = surroundings()
    async with http_client() as http:
        for name in SERVICES:
            try:
                answer = await http.get(f"{around.url(name)}/ready")
            except HTTPError:
                say(f"  {name:20} down")
            else:
                say(f"  {name:20} {answer.text}")


async def replay_all(around: Surroundings, since: datetime | None) -> None:
    """What `python -m SERVICE replay` does, for each service with a database."""
    for name, db in _databases(around):
        async with _closing(db):
            say(f"  {name:20} {await replay(db, since)} events put back into the outbox")


async def rebase_all(around: Surroundings) -> None:
    for name, db in _databases(around):
        async with _closing(db):
            say(f"  {name:20} {await rebase(db)} positions dropped")


@contextlib.asynccontextmanager
async def _closing(db: Database) -> AsyncIterator[None]:
    try:
        yield
    except (OSError, SQLAlchemyError) as away:
        raise PlatformFailed(f"no database: {type(away).__name__}; is `make run` up?") from away
    finally:
        await db.close()


def _databases(around: Surroundings) -> Iterator[tuple[str, Database]]:
    for name in WITH_DATABASE:
        package = package_of(name)
        yield name, Database(around.postgres.url(package, package), size=1)


def surroundings() -> Surroundings:
    file = FOLDER / "ports.json"
    if not file.exists():
        raise PlatformFailed("nothing runs: start it with `make run`")
    ports = json.loads(file.read_text())
    postgres = Postgres(FOLDER / "postgres", port=ports["postgres"])
    kafka = Kafka(FOLDER / "kafka", port=ports["kafka"])
    return Surroundings(FOLDER, ports, Material(FOLDER / "material"), postgres, kafka)
