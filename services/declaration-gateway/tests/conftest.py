"""The gateway in process, on a database of its own, and bodies that an HRIS would send."""

import asyncio
import copy
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from subprocess import Popen
from typing import Any
from uuid import uuid4

import httpx
import pytest
from chassis.clock import FixedClock
from chassis.db import Database
from chassis.http import http_client
from declaration_gateway.settings import GatewaySettings
from declaration_gateway.wiring import build
from fastapi import FastAPI
from local_platform.processes import free_port, spawn
from pydantic import SecretStr

Started = tuple[httpx.AsyncClient, Popen[bytes]]
Start = Callable[..., AbstractAsyncContextManager[Started]]
SIRET = "99912300300017"
MALADIE: dict[str, Any] = {
    "employer": {"siret": SIRET},
    "employee": {
        "nir": "2850529123457",
        "family_name": "LE GOFF",
        "given_names": "Maëlle Anne",
        "birth_date": "1985-05-17",
    },
    "contract": "00001",
    "regime": "general",
    "risk": "maladie",
    "last_worked_day": "2026-02-27",
    "period": {"first": "2026-03-02", "last": "2026-03-21"},
    "subrogation": {
        "first": "2026-03-02",
        "last": "2026-05-31",
        "iban": "FR7630006000011234567890189",
    },
    "pay": {
        "months": [
            {"month": "2025-12", "gross": "2400.00"},
            {"month": "2026-01", "gross": "2400.00"},
            {"month": "2026-02", "gross": "2400.00"},
        ]
    },
}


@pytest.fixture
def maladie() -> dict[str, Any]:
    """A body that is taken as it stands; a fresh copy for each test."""
    return copy.deepcopy(MALADIE)


@pytest.fixture
async def settings(
    new_database: Callable[[str], Any], keys_dir: Path, directory_file: Path
) -> GatewaySettings:
    urls = await new_database("declaration-gateway")
    return GatewaySettings(
        mode="test",
        database=SecretStr(urls.service),
        # Nothing listens there: these tests look into the outbox instead.
        kafka="127.0.0.1:1",
        keys=keys_dir,
        directory=directory_file,
    )


@pytest.fixture
async def gateway_db(settings: GatewaySettings) -> AsyncIterator[Database]:
    opened = Database(settings.database.get_secret_value(), size=2)
    yield opened
    await opened.close()


@pytest.fixture
async def app(settings: GatewaySettings, fixed_clock: FixedClock) -> AsyncIterator[FastAPI]:
    parts = build(settings, fixed_clock)
    yield parts.app
    for close in parts.closers:
        await close()


@pytest.fixture
async def http(app: FastAPI, token: Callable[[str, str], Any]) -> AsyncIterator[httpx.AsyncClient]:
    """The HRIS of Menuiserie Kerbrat."""
    async with _client(app, await token("sirh-kerbrat", "declaration-gateway")) as client:
        yield client


@pytest.fixture
async def other_http(
    app: FastAPI, token: Callable[[str, str], Any]
) -> AsyncIterator[httpx.AsyncClient]:
    """The HRIS of Transports Delorme."""
    async with _client(app, await token("sirh-delorme", "declaration-gateway")) as client:
        yield client


@pytest.fixture
async def operator_http(
    app: FastAPI, token: Callable[[str, str], Any]
) -> AsyncIterator[httpx.AsyncClient]:
    async with _client(app, await token("exploitation", "declaration-gateway")) as client:
        yield client


def _client(app: FastAPI, bearer: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, raise_app_exceptions=False),
        base_url="http://gateway",
        headers={"Authorization": f"Bearer {bearer}"},
    )


@pytest.fixture
def key() -> Callable[[], dict[str, str]]:
    """`headers=key()`: a new Idempotency-Key each time."""
    return lambda: {"Idempotency-Key": str(uuid4())}


@pytest.fixture
def start(
    settings: GatewaySettings, token: Callable[[str, str], Awaitable[str]], tmp_path: Path
) -> Start:
    """`async with start() as (http, process)`: the gateway's API as a process, for an HRIS."""

    @asynccontextmanager
    async def started(failpoint: str | None = None) -> AsyncIterator[Started]:
        port = free_port()
        env = {
            "PATH": os.environ["PATH"],
            "JONCTION_MODE": "test",
            "JONCTION_PORT": str(port),
            "JONCTION_DATABASE": settings.database.get_secret_value(),
            "JONCTION_KAFKA": settings.kafka,
            "JONCTION_KEYS": str(settings.keys),
            "JONCTION_DIRECTORY": str(settings.directory),
        }
        if failpoint:
            env["JONCTION_FAILPOINT"] = failpoint
        command = [sys.executable, "-m", "declaration_gateway", "api"]
        process = spawn(command, log=tmp_path / "gateway.log", env=env)
        bearer = {"Authorization": f"Bearer {await token('sirh-kerbrat', 'declaration-gateway')}"}
        try:
            async with http_client(base_url=f"http://127.0.0.1:{port}", headers=bearer) as http:
                await _answers(http, process)
                yield http, process
        finally:
            process.kill()
            process.wait()

    return started


async def _answers(http: httpx.AsyncClient, process: Popen[bytes]) -> None:
    for _ in range(600):
        assert process.poll() is None
        try:
            await http.get("/health")
        except httpx.TransportError:
            await asyncio.sleep(0.05)
        else:
            return
    raise AssertionError("the gateway did not come up")
