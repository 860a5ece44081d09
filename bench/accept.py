"""Durable accepts per second: the gateway beside the floor and beside the naive handler.

One PostgreSQL for all, rounds interleaved so that a noisy minute of the machine falls on all three;
the medians are compared.
"""

import asyncio
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from chassis.access import TokenIssuer
from chassis.directory import Directory
from chassis.migrate import upgrade
from chassis.settings import ServiceSettings
from local_platform.material import Material, provide_material
from local_platform.places import ROOT
from local_platform.postgres import Postgres, provide_database
from local_platform.processes import free_ports, spawn, stop
from pydantic import SecretStr

from bench.processes import memory_mib, wait_listening

SERVICE, DATABASE = "declaration-gateway", "declaration_gateway"
KINDS = ("gateway", "floor", "naive")


@dataclass
class Rounds:
    """Of one application, by round: answers a second, delays in ms; and its memory at the end."""

    per_second: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    memory_mib: float = 0.0

    @property
    def rate(self) -> float:
        return median(self.per_second)


def measure(
    folder: Path, *, rounds: int, seconds: float, say: Callable[[str], None]
) -> dict[str, Rounds]:
    material = provide_material(folder / "material", (SERVICE,))
    token = asyncio.run(_token(material))
    found = {kind: Rounds() for kind in KINDS}
    with ExitStack() as opened:
        server = opened.enter_context(_postgres(folder / "postgres"))
        ports = dict(zip(KINDS, free_ports(len(KINDS)), strict=True))
        processes = {
            kind: opened.enter_context(_application(kind, port, server, material, folder))
            for kind, port in ports.items()
        }
        start = 0
        for number in range(1, rounds + 1):
            for kind in KINDS:
                said = _load(ports[kind], token, start, seconds)
                start += 1_000_000
                found[kind].per_second.append(_accepted(kind, said) / seconds)
                found[kind].p50.append(said["p50"])
                found[kind].p99.append(said["p99"])
                found[kind].memory_mib = memory_mib(processes[kind].pid)
                say(
                    f"round {number}/{rounds}  {kind:8} {found[kind].per_second[-1]:8.0f} accepts/s"
                )
    return found


def _accepted(kind: str, said: dict[str, Any]) -> int:
    others = {status: count for status, count in said["statuses"].items() if status != "202"}
    if others:
        raise SystemExit(f"bench: {kind} answered {others}, see var/bench/{kind}.log")
    return int(said["statuses"].get("202", 0))


def _load(port: int, token: str, start: int, seconds: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.generator", str(port), token, str(start), str(seconds)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    said: dict[str, Any] = json.loads(done.stdout)
    return said


async def _token(material: Material) -> str:
    issuer = TokenIssuer(material.keys(SERVICE), Directory.load(material.directory))
    token, _ = await issuer.issue("sirh-kerbrat", material.secret("sirh-kerbrat"), SERVICE)
    return token


@contextmanager
def _postgres(folder: Path) -> Iterator[Postgres]:
    shutil.rmtree(folder, ignore_errors=True)
    server = Postgres(folder)
    server.start()
    try:
        asyncio.run(provide_database(server, DATABASE))
        owner = SecretStr(server.url(DATABASE, f"{DATABASE}_owner"))
        upgrade(ServiceSettings(mode="test", database_owner=owner), SERVICE)
        asyncio.run(_copy(server, f"{DATABASE}_naive"))
        yield server
    finally:
        server.stop()


async def _copy(server: Postgres, name: str) -> None:
    connection = await server.connect()
    try:
        await connection.execute(f'create database "{name}" template "{DATABASE}"')
    finally:
        await connection.close()


@contextmanager
def _application(
    kind: str, port: int, server: Postgres, material: Material, folder: Path
) -> Iterator[subprocess.Popen[bytes]]:
    database = f"{DATABASE}_naive" if kind == "naive" else DATABASE
    settings = {
        "JONCTION_MODE": "test",
        "JONCTION_DATABASE": server.url(database, DATABASE),
        "JONCTION_KAFKA": "127.0.0.1:1",
        "JONCTION_DIRECTORY": str(material.directory),
        "JONCTION_KEYS": str(material.keys(SERVICE)),
        "JONCTION_PORT": str(port),
        "PYTHONPATH": str(ROOT),
    }
    process = spawn(
        [sys.executable, "-m", "bench.server", kind],
        log=folder / f"{kind}.log",
        env={"PATH": "/usr/bin:/bin", **settings},
        death_signal=signal.SIGKILL,
    )
    try:
        wait_listening(process, port, folder / f"{kind}.log")
        yield process
    finally:
        stop(process, by=signal.SIGTERM, seconds=15)
