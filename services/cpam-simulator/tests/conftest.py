"""A simulated CPAM on a loopback port for the tests of this service, and a partner who talks to it.

One server for the run, a new world for each test.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import httpx
import pytest
import uvicorn
from chassis.http import http_client
from cpam_simulator.contract.schemas import SOAP, TELEDECLARATION, schema
from cpam_simulator.domain.account import Account, Accounts
from cpam_simulator.front import build_app
from cpam_simulator.routes.access import Simulator
from cpam_simulator.store.database import Store
from lxml import etree

START = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
SIRET, OTHER_SIRET = "90112233300015", "73282932000074"
NIR, OTHER_NIR = "1850375116042", "2920459350118"
T = f"{{{TELEDECLARATION}}}"


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


def accounts() -> Accounts:
    return Accounts(
        [
            Account("ATELIER", "secret-a", "Atelier Exemple", "751", frozenset({SIRET})),
            Account("AUTRE", "secret-b", "Autre Maison", "011", frozenset({OTHER_SIRET})),
        ]
    )


class Partner:
    """What a client of the CPAM does, in plain calls; answers are checked against the schema."""

    def __init__(self, url: str, http: httpx.AsyncClient) -> None:
        self.url, self.http = url, http
        self.auth = ("ATELIER", "secret-a")
        self.other = ("AUTRE", "secret-b")

    def declaration(self, number: str = "JON260302001", **changed: str | None) -> str:
        fields: dict[str, str | None] = {
            "nature": "INITIALE",
            "numeroControleOrigine": None,
            "siret": SIRET,
            "nir": NIR,
            "risque": "MALADIE",
            "dernierJourTravaille": "2026-03-01",
            "premierJour": "2026-03-02",
            "dernierJour": "2026-03-22",
            "dateReprise": None,
            "iban": None,
        } | changed

        def tag(name: str) -> str:
            value = fields[name]
            return "" if value is None else f"<{name}>{escape(value)}</{name}>"

        iban = (
            f"<subrogation><du>{fields['premierJour']}</du>{tag('iban')}</subrogation>"
            if fields["iban"]
            else ""
        )
        return (
            f"<declaration><numeroControle>{number}</numeroControle>{tag('nature')}"
            f"{tag('numeroControleOrigine')}{tag('siret')}<assure>{tag('nir')}<nom>EXEMPLE</nom>"
            f"<prenom>Alix</prenom></assure>{tag('risque')}{tag('dernierJourTravaille')}"
            f"{tag('premierJour')}{tag('dernierJour')}{tag('dateReprise')}{iban}</declaration>"
        )

    def envelope(self, body: str) -> bytes:
        return (
            f'<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="{SOAP}"'
            f' xmlns="{TELEDECLARATION}"><soap:Body>{body}</soap:Body></soap:Envelope>'
        ).encode()

    async def post(
        self, raw: bytes, *, auth: tuple[str, str] | None = None, patience: float = 5
    ) -> httpx.Response:
        return await self.http.post(
            f"{self.url}/teledeclaration",
            content=raw,
            headers={"content-type": "text/xml; charset=utf-8", "connection": "close"},
            auth=auth or self.auth,
            timeout=patience,
        )

    async def call(self, body: str, *, auth: tuple[str, str] | None = None) -> etree._Element:
        """An honest answer: 200, valid against the schema. Gives the answer element."""
        answer = await self.post(self.envelope(body), auth=auth)
        assert answer.status_code == 200, answer.text
        return self.answered(answer)

    def answered(self, answer: httpx.Response) -> etree._Element:
        root = etree.fromstring(answer.content)
        element = root[0][0]
        assert schema("teledeclaration.xsd").validate(element), schema(
            "teledeclaration.xsd"
        ).error_log
        return element

    async def deposit(
        self, *declarations: str, auth: tuple[str, str] | None = None
    ) -> etree._Element:
        lot = "".join(declarations or (self.declaration(),))
        return await self.call(f"<DeposerDeclarations>{lot}</DeposerDeclarations>", auth=auth)

    async def post_deposit(self, *declarations: str, patience: float = 5) -> httpx.Response:
        lot = "".join(declarations or (self.declaration(),))
        raw = self.envelope(f"<DeposerDeclarations>{lot}</DeposerDeclarations>")
        return await self.post(raw, patience=patience)

    async def query(self, number: str = "JON260302001") -> etree._Element:
        return await self.call(
            f"<ConsulterStatut><numeroControle>{number}</numeroControle></ConsulterStatut>"
        )

    async def collect(
        self, maximum: int = 100, *, auth: tuple[str, str] | None = None
    ) -> list[dict[str, str]]:
        """Each answer as a flat dict of its text fields."""
        found = await self.call(
            f"<RecupererReponses><maximum>{maximum}</maximum></RecupererReponses>", auth=auth
        )
        return [
            {etree.QName(node).localname: node.text or "" for node in item.iter() if not len(node)}
            for item in found.iterfind(f"{T}reponse")
        ]

    async def confirm(self, *answers: str, auth: tuple[str, str] | None = None) -> int:
        ids = "".join(f"<identifiantReponse>{one}</identifiantReponse>" for one in answers)
        found = await self.call(f"<ConfirmerReponses>{ids}</ConfirmerReponses>", auth=auth)
        return int(found.findtext(f"{T}nombreConfirme") or -1)

    async def files(self, *, auth: tuple[str, str] | None = None) -> list[dict[str, Any]]:
        answer = await self.http.get(f"{self.url}/bpij", auth=auth or self.auth)
        assert answer.status_code == 200
        listed: list[dict[str, Any]] = answer.json()
        return listed

    async def file(self, name: str) -> bytes:
        answer = await self.http.get(f"{self.url}/bpij/{name}", auth=self.auth)
        assert answer.status_code == 200
        return answer.content

    async def control(self, path: str, body: Any) -> Any:
        answer = await self.http.post(f"{self.url}/control/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def fault(self, kind: str, **more: Any) -> None:
        await self.control("faults", {"kind": kind, **more})

    async def jump(self, to: str) -> Any:
        return await self.control("clock", {"to": to})

    async def ledger(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.http.get(f"{self.url}/control/ledger")).json()
        return found

    async def quiescence(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.http.get(f"{self.url}/quiescence")).json()
        return found

    def script(self, **parts: Any) -> dict[str, Any]:
        match = {"siret": SIRET, "nir": NIR, "first_day": "2026-03-02"}
        return {"name": "play", "match": match, **parts}


@pytest.fixture(scope="session")
async def simulator_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    store = Store(Path(tmp_path_factory.mktemp("cpam")) / "cpam.sqlite")
    own = socket.create_server(("127.0.0.1", 0))
    server = _Server(
        uvicorn.Config(
            build_app(Simulator(store, accounts(), START)), log_config=None, access_log=False
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[own]))
    while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{own.getsockname()[1]}"
    server.should_exit = True
    await serving


@pytest.fixture(scope="session")
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with http_client() as http:
        yield http


@pytest.fixture
async def partner(simulator_url: str, http: httpx.AsyncClient) -> Partner:
    """A partner of a new world at START, mode B, with no script and no fault."""
    partner = Partner(simulator_url, http)
    await partner.control("reset", {"now": START.isoformat()})
    return partner
