"""The whole platform on one machine: servers, mail sink and the eight services as processes.

Everything it starts dies with it, by `stop` or by `kill -9`. What it keeps lies in one folder
(`var/demo`, `var/run`); two platforms may not share one.
"""

import asyncio
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from chassis.http import http_client
from chassis.migrate import upgrade
from chassis.settings import ServiceSettings
from httpx import AsyncClient, HTTPError
from pydantic import SecretStr

from local_platform.cluster import Cluster
from local_platform.environment import Surroundings, environment
from local_platform.failure import PlatformFailed
from local_platform.kafka import Kafka
from local_platform.mail_sink import MailSink
from local_platform.material import provide_material
from local_platform.ports import choose_ports
from local_platform.postgres import Postgres, provide_database
from local_platform.processes import spawn, stop
from local_platform.services import SERVICES, WITH_DATABASE, package_of

READY_WITHIN_SECONDS = 90.0
Say = Callable[[str], None]


class Service:
    """One service's process. The same settings, port included, at every start."""

    def __init__(self, name: str, around: Surroundings, log: Path) -> None:
        self.name, self.url, self._around, self._log = name, around.url(name), around, log
        self.process: subprocess.Popen[bytes] | None = None
        self.settings: dict[str, str] = {}
        """Added to the environment at the next start: tests name a failpoint here."""

    def start(self) -> None:
        env = environment(self.name, self._around) | self.settings
        command = [sys.executable, "-m", package_of(self.name), "all"]
        self.process = spawn(command, log=self._log, env=env, death_signal=signal.SIGKILL)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def wait_stopped(self, seconds: float) -> None:
        if self.process is not None:
            stop(self.process, by=signal.SIGTERM, seconds=seconds)

    def died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    async def wait_ready(self, http: AsyncClient) -> None:
        end = time.monotonic() + READY_WITHIN_SECONDS
        answer = "no answer"
        while time.monotonic() < end:
            if self.died():
                raise PlatformFailed(f"{self.name} did not start, see {self._log}")
            try:
                found = await http.get(f"{self.url}/ready")
            except HTTPError:
                await asyncio.sleep(0.1)
                continue
            if found.status_code == 200:
                return
            answer = found.text
            await asyncio.sleep(0.1)
        raise PlatformFailed(f"{self.name} is not ready: {answer}; see {self._log}")


class Platform:
    def __init__(
        self,
        folder: Path,
        *,
        keep: bool,
        say: Say,
        cluster: Cluster | None = None,
    ) -> None:
        """`keep` goes on with the folder's data and ports; without it they are wiped. It starts and
        stops the `cluster`, or else one node of its own."""
        self.folder, self._keep, self._say = folder, keep, say
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = _lock(folder)
        if not keep:
            _wipe(folder)
        self.ports = choose_ports(folder / "ports.json", keep=keep)
        self.material = provide_material(folder / "material", SERVICES)
        self.postgres = Postgres(folder / "postgres", port=self.ports["postgres"])
        self.kafka = cluster or Kafka(folder / "kafka", port=self.ports["kafka"])
        self.mails = folder / "mail"
        self._sink = MailSink(self.mails, self.ports["smtp"])
        self.around = around = Surroundings(
            folder, self.ports, self.material, self.postgres, self.kafka
        )
        (folder / "logs").mkdir(exist_ok=True)
        self.services = {
            name: Service(name, around, folder / "logs" / f"{name}.log") for name in SERVICES
        }

    def url(self, service: str) -> str:
        return self.services[service].url

    async def start(self) -> None:
        """Returns when every service is ready. The order keeps both cores of a laptop busy."""
        begun = time.monotonic()
        self._sink.start()
        self.services["cpam-simulator"].start()
        preparing = asyncio.create_task(asyncio.to_thread(self.kafka.prepare))
        self.postgres.start()
        self._say("PostgreSQL started")
        await preparing
        self.kafka.launch()
        await self._migrate()
        await asyncio.to_thread(self.kafka.wait)
        await self.kafka.provide_topics()
        self._say("databases migrated, Apache Kafka started, topics created")
        for service in self.services.values():
            if service.process is None:
                service.start()
        await self.wait_ready()
        self._say(f"eight services ready after {time.monotonic() - begun:.1f} s")

    async def wait_ready(self) -> None:
        async with http_client() as http:
            await asyncio.gather(*(each.wait_ready(http) for each in self.services.values()))

    def stop(self) -> None:
        """Services first, all at once; then what they stand on."""
        for service in self.services.values():
            service.ask_to_stop()
        for service in self.services.values():
            service.wait_stopped(20)
        self.kafka.stop()
        self.postgres.stop()
        self._sink.stop()
        os.close(self._lock)

    async def watch(self) -> None:
        """Starts again what died, later each time it dies; until cancelled."""
        wait = dict.fromkeys(self.services, 0.5)
        due: dict[str, float] = {}
        while True:
            for name, service in self.services.items():
                if not service.died():
                    continue
                if name not in due:
                    self._say(f"{name} died, starts again in {wait[name]:.1f} s")
                    due[name] = time.monotonic() + wait[name]
                    wait[name] = min(wait[name] * 2, 30)
                elif time.monotonic() >= due[name]:
                    del due[name]
                    service.start()
            await asyncio.sleep(0.3)

    async def _migrate(self) -> None:
        for service in WITH_DATABASE:
            package = package_of(service)
            await provide_database(self.postgres, package)
            owner = SecretStr(self.postgres.url(package, f"{package}_owner"))
            settings = ServiceSettings(mode="demo", database_owner=owner)
            await asyncio.to_thread(upgrade, settings, service)

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            self.stop()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _lock(folder: Path) -> int:
    descriptor = os.open(folder / ".lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise PlatformFailed(f"another platform runs on {folder}; stop it first") from None
    return descriptor


def _wipe(folder: Path) -> None:
    for each in folder.iterdir():
        if each.name == ".lock":
            continue
        if not each.is_dir():
            each.unlink()
            continue
        # The servers of a run that was killed may still write while they die.
        for patience in (0.2, 0.5, 1.0, 2.0, 4.0):
            try:
                shutil.rmtree(each)
                break
            except OSError:
                time.sleep(patience)
        else:
            shutil.rmtree(each)
