"""What the measured parts stand on: one PostgreSQL, one Kafka node, the simulated CPAM, their keys.

Each measurement gets topics and a database of its own, so that none finds what another left.
Services run with the defaults of production; only the clock of the simulated CPAM stands still.
"""

import asyncio
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import MappingProxyType

import asyncpg
from chassis.broker import Broker
from chassis.http import http_client
from chassis.migrate import upgrade
from chassis.settings import ServiceSettings
from contracts.topics import TOPICS
from local_platform.environment import variables
from local_platform.kafka import Kafka, create_topics, delete_topics
from local_platform.material import Material, provide_material
from local_platform.postgres import Postgres, grant, provide_database
from local_platform.processes import free_port, spawn, stop
from local_platform.services import SERVICES, package_of
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from bench.processes import wait_listening


@dataclass(frozen=True)
class Process:
    """One service, or one of several workers of it."""

    url: str
    process: subprocess.Popen[bytes]

    async def counted(self, metric: str, **labels: str) -> float:
        """A counter of its metrics page, summed over the labels that are not named."""
        async with http_client() as http:
            page = (await http.get(f"{self.url}/metrics")).text
        return sum(
            sample.value
            for family in text_string_to_metric_families(page)
            for sample in family.samples
            if sample.name == metric and labels.items() <= sample.labels.items()
        )


class Ground:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.material: Material = provide_material(folder / "material", SERVICES)
        self.postgres = Postgres(folder / "postgres")
        self.kafka = Kafka(folder / "kafka")
        self._migrated: set[str] = set()
        self._numbers = count(1)

    @property
    def broker(self) -> Broker:
        return Broker(self.kafka.address)

    def url(self, database: str, service: str) -> str:
        return self.postgres.url(database, package_of(service))

    async def fresh_topics(self) -> None:
        await delete_topics(self.broker, [topic.name for topic in TOPICS])
        await create_topics(self.broker)

    async def fresh_database(self, service: str, tables: str = "") -> str:
        """The name of a migrated, empty database of this service, with these tables beside."""
        package = package_of(service)
        if package not in self._migrated:
            await provide_database(self.postgres, package)
            owner = SecretStr(self.postgres.url(package, f"{package}_owner"))
            settings = ServiceSettings(mode="test", database_owner=owner)
            await asyncio.to_thread(upgrade, settings, service)
            self._migrated.add(package)
        name = f"{package}_{next(self._numbers)}"
        async with self.connection("postgres") as server:
            await server.execute(
                f'create database "{name}" template "{package}" owner "{package}_owner"'
            )
        await grant(self.postgres, name, service=package)
        if tables:
            async with self.connection(name, f"{package}_owner") as owned:
                await owned.execute(tables)
        return name

    @asynccontextmanager
    async def connection(
        self, database: str, role: str = "postgres"
    ) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(self.postgres.url(database, role, driver="postgresql"))
        try:
            yield connection
        finally:
            await connection.close()

    @contextmanager
    def running(
        self,
        service: str,
        database: str | None = None,
        part: str = "worker",
        own: Mapping[str, object] = MappingProxyType({}),
    ) -> Iterator[Process]:
        port = free_port()
        settings: dict[str, object] = {
            "mode": "test",
            "port": port,
            "directory": self.material.directory,
            "keys": self.material.keys(service),
            "kafka": self.kafka.address,
            "log_level": "WARNING",
            **({"database": self.url(database, service)} if database else {}),
            **own,
        }
        log = self.folder / f"{service}.log"
        process = spawn(
            [sys.executable, "-m", package_of(service), part],
            log=log,
            env=variables(settings),
            death_signal=signal.SIGKILL,
        )
        try:
            wait_listening(process, port, log)
            yield Process(f"http://127.0.0.1:{port}", process)
        finally:
            stop(process, by=signal.SIGTERM, seconds=15)


@contextmanager
def ground(folder: Path) -> Iterator[Ground]:
    for each in ("postgres", "kafka", "simulator"):
        shutil.rmtree(folder / each, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    made = Ground(folder)
    try:
        made.postgres.start()
        made.kafka.start()
        yield made
    finally:
        made.kafka.stop()
        made.postgres.stop()
