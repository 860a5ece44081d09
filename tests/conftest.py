"""The whole platform as tests use it: each start has its own processes, data and ports."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from chassis.http import http_client
from local_platform.cluster import Cluster
from local_platform.demo import play_story
from local_platform.kafka import Kafka
from local_platform.services import WITH_DATABASE, package_of
from local_platform.story import read_stories
from local_platform.supervisor import Platform

StartPlatform = Callable[..., AbstractAsyncContextManager[Platform]]
Json = dict[str, Any]
Tool = Callable[[str, str], str]
ReadLedger = Callable[[Platform], Awaitable[Json]]


@pytest.fixture(scope="session")
def start_platform(
    tmp_path_factory: pytest.TempPathFactory, new_kafka: Callable[[], Kafka | Cluster]
) -> StartPlatform:
    @asynccontextmanager
    async def start(**settings: str) -> AsyncIterator[Platform]:
        """`settings` are those of every service, beside its own."""
        folder = tmp_path_factory.mktemp("platform")
        kafka = new_kafka()
        cluster = kafka if isinstance(kafka, Cluster) else None
        platform = Platform(folder, keep=False, say=print, cluster=cluster)
        for service in platform.services.values():
            service.settings |= settings
        async with platform:
            yield platform

    return start


@pytest.fixture(scope="session")
def let_read() -> Callable[[Platform, str, Iterable[str]], None]:
    """Gives a service's user the right to read topics, on a cluster that asks for rights."""

    def let(platform: Platform, service: str, topics: Iterable[str]) -> None:
        kafka = platform.around.kafka
        if isinstance(kafka, Cluster):
            named = [part for topic in topics for part in ("--topic", topic)]
            given = ["--allow-principal", f"User:{service}", "--operation", "Read"]
            kafka.command("kafka-acls.sh", "--force", "--add", *given, *named)

    return let


@pytest.fixture(scope="session")
def read_ledger() -> ReadLedger:
    """What the CPAM says was filed; it does not die with the platform's database."""

    async def read(platform: Platform) -> Json:
        async with http_client() as http:
            answer = await http.get(f"{platform.url('cpam-simulator')}/control/ledger")
            answer.raise_for_status()
            ledger: Json = answer.json()
            return ledger

    return read


@pytest.fixture(scope="session")
def tool() -> Tool:
    """Path of a program; without it the test is skipped, and says what would bring it."""

    def find(name: str, package: str) -> str:
        found = shutil.which(name)
        if found is None:
            pytest.skip(f"NOT TESTED, no {name} here: apt-get install -y {package}")
        return found

    return find


@dataclass(frozen=True)
class Told:
    """The whole story played once, with nothing broken: its report, the CPAM's ledger, and where
    everything lies that the platform has written."""

    report: Json
    ledger: Json
    folder: Path
    kafka: Path


@pytest.fixture(scope="session")
async def undisturbed(start_platform: StartPlatform, read_ledger: ReadLedger) -> Told:
    async with start_platform() as platform:
        report = await play_story(platform, read_stories(), time.monotonic())
        kafka = platform.around.kafka.folder
        dumps = [_dump(platform, package_of(service)) for service in WITH_DATABASE]
        await asyncio.gather(*dumps)
        return Told(report, await read_ledger(platform), platform.folder, kafka)


async def _dump(platform: Platform, database: str) -> None:
    """As SQL: the server's own files hold long values compressed."""
    postgres = platform.postgres
    place = ["--host", "127.0.0.1", "--port", str(postgres.port), "--username", "postgres"]
    file = platform.folder / f"{database}.sql"
    dump = await asyncio.create_subprocess_exec(
        str(postgres.bin / "pg_dump"),
        *place,
        "--file",
        str(file),
        database,
        env={"PGPASSWORD": postgres.password("postgres")},
    )
    assert await dump.wait() == 0


@pytest.fixture(scope="session")
def report(undisturbed: Told) -> Json:
    return undisturbed.report


@pytest.fixture(scope="session")
def ledger(undisturbed: Told) -> Json:
    return undisturbed.ledger
