"""The gateway in process, on a database of its own, and bodies that an HRIS would send."""

import copy
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import declaration_gateway
import httpx
import pytest
from chassis.access import TokenIssuer, Verifier
from chassis.app import create_app
from chassis.clock import FixedClock
from chassis.db import Database
from chassis.directory import Directory
from chassis.problems import Catalogue
from chassis.sealing import PersonRefs, Sealer
from declaration_gateway.routes import ROUTERS
from declaration_gateway.routes.desk import Desk
from fastapi import FastAPI

PROBLEMS = Path(declaration_gateway.__file__).with_name("problems.toml")
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
async def gateway_db(database: Callable[[str], Any]) -> Database:
    opened: Database = await database("declaration-gateway")
    return opened


@pytest.fixture
def desk(
    gateway_db: Database,
    fixed_clock: FixedClock,
    keys_dir: Path,
    directory: Directory,
) -> Desk:
    return Desk(
        begin=gateway_db.begin,
        clock=fixed_clock,
        sealer=Sealer(keys_dir),
        refs=PersonRefs(keys_dir),
        issuer=TokenIssuer(keys_dir, directory),
        problems=Catalogue.load(PROBLEMS),
        tenant_of={siret.value: each.id for each in directory.tenants for siret in each.sirets},
    )


@pytest.fixture
def app(desk: Desk, keys_dir: Path) -> FastAPI:
    return create_app(
        "declaration-gateway",
        production=False,
        routers=ROUTERS,
        problems=desk.problems,
        readiness={},
        verifier=Verifier(keys_dir, "declaration-gateway"),
        desk=desk,
    )


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
