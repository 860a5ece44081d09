"""The simulated CPAM as a process on the loopback, and the collector's errands against it."""

import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from bpij_collector.flows.fetch_slips import fetch_slips
from bpij_collector.flows.read_slip import read_slip
from bpij_collector.partner.codes import Codes
from bpij_collector.partner.deposit import SlipDeposit
from bpij_collector.partner.slip_xml import SlipReader
from chassis.clock import FixedClock
from chassis.db import Database
from chassis.directory import CpamAccount, Directory
from chassis.http import http_client
from chassis.sealing import PersonRefs, Sealer
from local_platform.processes import free_port, spawn, stop
from sqlalchemy import text
from testkit.plugin import NewDatabase

START = datetime(2026, 3, 2, 7, tzinfo=UTC)
KERBRAT, DELORME = "KERBRAT29", "DELORME69"
SIRET = {KERBRAT: "99912300300017", DELORME: "99945600700015"}
NIR = "1850475112042"


def service_environment(**settings: Any) -> dict[str, str]:
    passed = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    named = {"mode": "test", "log_level": "WARNING", **settings}
    return passed | {f"JONCTION_{name.upper()}": str(value) for name, value in named.items()}


@pytest.fixture(scope="session")
def simulator_url(tmp_path_factory: pytest.TempPathFactory, directory_file: Path) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("cpam")
    port = free_port()
    process = spawn(
        [sys.executable, "-m", "cpam_simulator", "all"],
        log=folder / "log",
        env=service_environment(port=port, store=folder / "cpam.sqlite", directory=directory_file),
    )
    url = f"http://127.0.0.1:{port}"
    with httpx.Client(trust_env=False) as http:
        for _ in range(600):
            try:
                http.get(f"{url}/health").raise_for_status()
                break
            except httpx.HTTPError:
                assert process.poll() is None, (folder / "log").read_text()
                time.sleep(0.1)
    yield url
    stop(process, by=signal.SIGTERM, seconds=10)


@dataclass
class Caisse:
    """What the director of a play does with the simulated CPAM."""

    url: str
    http: httpx.AsyncClient
    at: datetime = START
    scripts: int = 0

    async def control(self, path: str, body: Any) -> Any:
        answer = await self.http.post(f"{self.url}/control/{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    async def pay(self, lines: list[dict[str, Any]], account: str = KERBRAT, **more: Any) -> None:
        """One slip for one person, deposited at once in a file of its own."""
        self.scripts += 1
        self.at += timedelta(minutes=1)
        slip = {
            "at": self.at.isoformat(),
            "siret": SIRET[account],
            "nir": NIR,
            "last_name": "Lefèvre",
            "first_name": "Camille",
            "lines": lines,
        } | more
        script = {"name": f"slip-{self.scripts}", "account": account, "slips": [slip]}
        await self.control("scripts", [script])
        await self.control("clock", {"to": self.at.isoformat()})

    async def files(self) -> list[dict[str, Any]]:
        """As the judge knows them: every deposit, confirmed or not."""
        answer = await self.http.get(f"{self.url}/control/ledger")
        found: list[dict[str, Any]] = answer.json()["slips"]
        return found


@pytest.fixture
async def caisse(simulator_url: str) -> AsyncIterator[Caisse]:
    async with http_client() as http:
        caisse = Caisse(simulator_url, http)
        await caisse.control("reset", {"now": START.isoformat()})
        await http.delete(f"{simulator_url}/control/faults")
        yield caisse


def paid(first: str, last: str, days: int, unit: str, csg: str, crds: str) -> list[dict[str, Any]]:
    period = {"from": first, "to": last}
    gross = f"{float(unit) * days:.2f}"
    return [
        {"nature": "IJNOR", "amount": gross, "days": days, "unit": unit, **period},
        {"nature": "RETCSJ", "amount": csg, **period},
        {"nature": "RETCRD", "amount": crds, **period},
    ]


@pytest.fixture
def case_a() -> list[dict[str, Any]]:
    return paid("2026-03-05", "2026-03-22", 18, "39.45", "-44.03", "-3.55")


@pytest.fixture
def pay_lines() -> Callable[..., list[dict[str, Any]]]:
    return paid


@dataclass
class Collector:
    """The errands with everything they need, and what came of them."""

    db: Database
    url: str
    http: httpx.AsyncClient
    directory: Directory
    sealer: Sealer
    refs: PersonRefs
    clock: FixedClock
    reader: SlipReader
    database_url: str

    def account(self, name: str = KERBRAT) -> CpamAccount:
        return next(each for each in self.directory.cpam_accounts if each.account == name)

    async def fetch(self, name: str = KERBRAT) -> int:
        account = self.account(name)
        deposit = SlipDeposit(self.http, self.url, account.account, account.password())
        return await fetch_slips(self.db.begin, deposit, account, self.sealer, self.clock)

    async def read(self) -> int:
        count = 0
        while await read_slip(
            self.db.begin,
            reader=self.reader,
            sealer=self.sealer,
            refs=self.refs,
            directory=self.directory,
            clock=self.clock,
        ):
            count += 1
        return count

    async def collect(self) -> None:
        for name in (KERBRAT, DELORME):
            await self.fetch(name)
        await self.read()

    async def rows(self, query: str, **values: Any) -> list[Any]:
        async with self.db.begin() as tx:
            return list((await tx.execute(text(query), values)).all())

    async def states(self) -> list[tuple[str, str | None]]:
        found = await self.rows("select state, reason from slip order by number")
        return [(row.state, row.reason) for row in found]

    async def events(self) -> list[dict[str, Any]]:
        found = await self.rows(
            "select convert_from(data, 'utf8')::json as data from outbox"
            " where topic = 'statements.v1' order by id"
        )
        return [row.data for row in found]


@pytest.fixture
async def collector(
    new_database: NewDatabase,
    simulator_url: str,
    directory: Directory,
    sealer: Sealer,
    person_refs: PersonRefs,
    fixed_clock: FixedClock,
) -> AsyncIterator[Collector]:
    url = (await new_database("bpij-collector")).service
    db = Database(url)
    async with http_client() as http:
        yield Collector(
            db, simulator_url, http, directory, sealer, person_refs, fixed_clock,
            SlipReader(Codes.load()), url,
        )  # fmt: skip
    await db.close()


@pytest.fixture
def environment() -> Callable[..., dict[str, str]]:
    return service_environment
