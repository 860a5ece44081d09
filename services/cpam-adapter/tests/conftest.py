"""The adapter's flows on a real database, and the simulated CPAM as a process on the loopback.

`world` is one test's surroundings: a migrated database, a new world at the CPAM, one clock for
both. `Adapter` is one process' worth of flows; a test may have two of them on one database.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa
from chassis.clock import FixedClock
from chassis.db import Database
from chassis.directory import Directory
from chassis.http import http_client
from chassis.incidents import Incidents
from chassis.sealing import Sealer
from contracts.envelope import compose
from contracts.events import BY_TYPE, Declaration, DeclarationSubmitted, EventData, Period
from contracts.identifiers import Siret
from contracts.ids import submission_id
from cpam_adapter import consumers
from cpam_adapter.domain.patience import Patience, Terms
from cpam_adapter.flows.apply_answers import Applying, apply_answers
from cpam_adapter.flows.collect_answers import Collecting, collect_answers
from cpam_adapter.flows.prepare_submission import Preparing
from cpam_adapter.flows.recover_leases import recover_leases
from cpam_adapter.flows.resolve_unknown import Asking, Capability, resolve_unknown
from cpam_adapter.flows.submit_declaration import Sending, submit_declaration
from cpam_adapter.partner.contract import Contract
from cpam_adapter.partner.cpam import Cpam
from cpam_adapter.partner.post import Post
from cpam_adapter.store import submissions
from cpam_adapter.store.submissions import Submission
from cpam_adapter.store.tables import metadata
from local_platform.material import Material
from local_platform.processes import free_port, spawn, stop
from testkit.databases import Databases, DatabaseUrls

START = datetime.fromisoformat("2026-03-02T07:00:00+00:00")
TENANT, SIRET, ACCOUNT = "menuiserie-kerbrat", "99912300300017", "KERBRAT29"
NIR = "1850375116042"
PATIENCE = Patience(
    quiet=timedelta(minutes=2), settling=timedelta(minutes=10), limit=timedelta(hours=24)
)


@pytest.fixture(scope="session")
def simulator_url(material: Material, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder, port = tmp_path_factory.mktemp("simulator"), free_port()
    process = spawn(
        [sys.executable, "-m", "cpam_simulator", "all"],
        log=folder / "log",
        env={
            "PATH": os.environ["PATH"],
            "JONCTION_MODE": "test",
            "JONCTION_PORT": str(port),
            "JONCTION_STORE": str(folder / "cpam.sqlite"),
            "JONCTION_DIRECTORY": str(material.directory),
            "JONCTION_LOG_LEVEL": "WARNING",
        },
    )
    url = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            httpx.get(f"{url}/clock", trust_env=False).raise_for_status()
            break
        except httpx.HTTPError:
            assert process.poll() is None, (folder / "log").read_text()
            asyncio.run(asyncio.sleep(0.05))
    yield url
    stop(process, by=signal.SIGTERM, seconds=10)


class Simulated:
    """The control side of the simulated CPAM."""

    def __init__(self, url: str, http: httpx.AsyncClient) -> None:
        self.url, self._http = url, http

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self._http.request(method, f"{self.url}{path}", json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    async def reset(self) -> None:
        await self.call("DELETE", "/control/faults")
        await self.call("POST", "/control/reset", {"now": START.isoformat()})
        await self.mode("B")

    async def mode(self, mode: Capability) -> None:
        await self.call("POST", "/control/mode", {"mode": mode})

    async def fault(self, kind: str, **rule: Any) -> None:
        await self.call("POST", "/control/faults", {"kind": kind, **rule})

    async def plan(self, *answers: dict[str, Any], first_day: str = "2026-03-02") -> None:
        match = {"siret": SIRET, "nir": NIR, "first_day": first_day}
        script = {"name": "case", "match": match, "answers": list(answers)}
        await self.call("POST", "/control/scripts", [script])

    async def pause(self) -> None:
        await asyncio.sleep(0.05)

    async def filings(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.call("GET", "/control/ledger"))["filings"]
        return found


@dataclass
class Adapter:
    """The flows of one process, on settings that keep tests short."""

    db: Database
    clock: FixedClock
    directory: Directory
    sealer: Sealer
    cpam: Cpam
    capability: Capability = "B"
    request: timedelta = timedelta(seconds=1)
    lease: timedelta = timedelta(seconds=60)
    backoff: timedelta = timedelta(0)
    parallel: int = 8
    at_one_account: int = 8

    @property
    def incidents(self) -> Incidents:
        return Incidents("cpam-adapter", self.clock)

    async def prepare(self, data: Declaration, version: int = 1) -> UUID:
        event = compose(
            topic=data.topic,
            source="declaration-gateway",
            type=data.type,
            stream=data.declaration_id,
            version=version,
            epoch=1,
            tenant=TENANT,
            time=self.clock.now(),
            traceparent=None,
            data=data.model_dump_json().encode(),
        )
        subscriptions = consumers.table(
            Preparing(self.cpam.contract, self.sealer, self.directory, self.incidents, self.clock)
        )
        (found,) = [each for each in subscriptions if each.model is type(data)]
        async with self.db.begin() as tx:
            await found.reaction(tx, event, data)
        return submission_id(data.declaration_id, data.revision)

    async def submit(self) -> int:
        terms = Terms(
            lease=self.lease,
            request=self.request,
            parallel=self.parallel,
            at_one_account=self.at_one_account,
            backoff_first=self.backoff,
            backoff_longest=self.backoff,
            patience=PATIENCE,
        )
        return await submit_declaration(
            Sending(
                self.db.begin,
                self.cpam,
                self.clock,
                self.sealer,
                self.directory,
                self.incidents,
                terms,
                Random(1),
            ),
            self.parallel,
        )

    async def ask(self) -> int:
        return await resolve_unknown(
            Asking(
                self.db.begin,
                self.cpam,
                self.clock,
                self.directory,
                self.incidents,
                PATIENCE,
                self.capability,
                self.lease,
            )
        )

    async def recover(self) -> int:
        return await recover_leases(self.db.begin, self.clock, PATIENCE)

    async def collect(self) -> int:
        return await collect_answers(
            Collecting(
                self.db.begin,
                self.cpam,
                self.clock,
                self.sealer,
                self.directory,
                self.incidents,
            )
        )

    async def apply(self) -> int:
        return await apply_answers(
            Applying(
                self.db.begin,
                self.cpam,
                self.clock,
                self.sealer,
                self.incidents,
                asks_status=self.capability == "B",
            )
        )

    async def answers(self) -> None:
        """Collected, applied, confirmed, until there is nothing left."""
        while await self.collect() + await self.apply():
            pass

    async def get(self, identity: UUID) -> Submission:
        async with self.db.begin() as tx:
            found = await submissions.find(tx, identity)
        assert found is not None
        return found

    async def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        async with self.db.begin() as tx:
            found = await tx.execute(sa.text(sql), values)
            return [dict(row) for row in found.mappings()]

    async def news(self, identity: UUID) -> list[EventData]:
        """The events told about a submission, in order."""
        rows = await self.rows(
            "select type, data from outbox where stream_id = :id order by version", id=identity
        )
        return [BY_TYPE[row["type"]].model_validate_json(row["data"]) for row in rows]

    async def told(self, identity: UUID) -> list[str]:
        return [type(each).__name__ for each in await self.news(identity)]

    async def open_incidents(self) -> list[str]:
        rows = await self.rows("select kind from incident where closed_at is null order by kind")
        return [row["kind"] for row in rows]

    async def evidence(self, identity: UUID) -> list[str]:
        rows = await self.rows(
            "select kind from evidence where submission_id = :id order by id", id=identity
        )
        return [row["kind"] for row in rows]

    async def attempts(self, identity: UUID) -> list[str | None]:
        rows = await self.rows(
            "select outcome from attempt where submission_id = :id order by attempt", id=identity
        )
        return [row["outcome"] for row in rows]


@dataclass
class World:
    adapter: Adapter
    twin: Adapter
    cpam: Simulated
    clock: FixedClock
    sealer: Sealer
    database_url: str

    async def move_to(self, at: str | datetime) -> None:
        to = datetime.fromisoformat(at) if isinstance(at, str) else at
        await self.cpam.call("POST", "/control/clock", {"to": to.isoformat()})
        self.clock.move_to(to)

    async def together(self, *work: Awaitable[Any]) -> None:
        await asyncio.gather(*work)

    async def later(self, **by: float) -> None:
        await self.move_to(self.clock.now() + timedelta(**by))

    async def declaration(
        self,
        model: type[Declaration] = DeclarationSubmitted,
        *,
        declaration_id: UUID | None = None,
        last: date = date(2026, 3, 22),
        **changed: Any,
    ) -> Declaration:
        """Complete and subrogated; `changed` replaces fields, sealed ones given in clear."""
        identity = declaration_id or uuid4()
        clear = {
            "person": {"nir": NIR, "family_name": "EXEMPLE", "given_names": "Alix"},
            "pay": {
                "months": [{"month": f"2025-{m:02d}", "gross": "2400.00"} for m in range(3, 13)]
            },
            "bank": {"iban": "FR7630006000011234567890189"},
        } | {name: changed.pop(name) for name in ("person", "pay", "bank") if name in changed}
        sealed = {
            name: await self.sealer.seal(
                json.dumps(content),
                tenant=TENANT,
                topic="declarations.v1",
                stream=identity,
                field=name,
            )
            for name, content in clear.items()
            if content is not None
        }
        period = Period(first=date(2026, 3, 2), last=last)
        values: dict[str, Any] = {
            "declaration_id": identity,
            "revision": 1,
            "change": "initial",
            "siret": Siret(SIRET),
            "person_ref": "a" * 64,
            "risk": "maladie",
            "last_worked_day": date(2026, 3, 1),
            "period": period,
            "subrogation": period,
            "declared_at": self.clock.now(),
        }
        return model(**(values | sealed | changed))

    def submission_of(self, data: Declaration) -> UUID:
        return submission_id(data.declaration_id, data.revision)

    async def declare(
        self,
        model: type[Declaration] = DeclarationSubmitted,
        **changed: Any,
    ) -> UUID:
        """The submission's id, prepared as the consumer would."""
        return await self.adapter.prepare(await self.declaration(model, **changed))


NewAdapter = Callable[..., Awaitable[Adapter]]


@pytest.fixture(scope="session")
def contract() -> Iterator[Contract]:
    made = Contract()
    yield made
    made.close()


@pytest.fixture
async def new_adapter(
    fixed_clock: FixedClock, directory: Directory, keys_dir: Path, contract: Contract
) -> AsyncIterator[NewAdapter]:
    """`adapter = await new_adapter(db, url)`; its calls take ten seconds at most."""
    posts: list[Post] = []

    async def make(
        db: Database, url: str, *, longest_seconds: float = 10.0, **changed: Any
    ) -> Adapter:
        post = Post(url, longest_seconds=longest_seconds)
        posts.append(post)
        sealer, cpam = Sealer(keys_dir), Cpam(contract, post)
        return Adapter(db, fixed_clock, directory, sealer, cpam, **changed)

    yield make
    for post in posts:
        await post.close()


@pytest.fixture(scope="session")
async def adapter_database(databases: Databases) -> AsyncIterator[DatabaseUrls]:
    """One for all tests, emptied before each: making a hundred of them takes a minute."""
    urls = await databases.make("cpam-adapter")
    yield urls
    await databases.drop(urls)


async def _emptied(db: Database) -> Database:
    async with db.begin() as tx:
        for table in reversed(metadata.sorted_tables):
            if table.name != "epoch":
                await tx.execute(sa.delete(table))
    return db


@pytest.fixture
async def world(
    adapter_database: DatabaseUrls,
    new_adapter: NewAdapter,
    fixed_clock: FixedClock,
    simulator_url: str,
) -> AsyncIterator[World]:
    db = await _emptied(Database(adapter_database.service))
    url = f"{simulator_url}/teledeclaration"
    async with http_client() as http:
        simulated = Simulated(simulator_url, http)
        await simulated.reset()
        adapter, twin = await new_adapter(db, url), await new_adapter(db, url)
        yield World(adapter, twin, simulated, fixed_clock, adapter.sealer, adapter_database.service)
    await db.close()


@pytest.fixture
def processes(
    material: Material, simulator_url: str, tmp_path: Path
) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """`start(url, failpoint)` starts one adapter, without a broker unless told."""
    started: list[subprocess.Popen[bytes]] = []

    def start(
        database_url: str, failpoint: str | None = None, **settings: object
    ) -> subprocess.Popen[bytes]:
        values = {
            "mode": "test",
            "database": database_url,
            "kafka": f"127.0.0.1:{free_port()}",
            "clock": f"{simulator_url}/clock",
            "directory": material.directory,
            "keys": material.keys("cpam-adapter"),
            "port": free_port(),
            "cpam_url": f"{simulator_url}/teledeclaration",
            "request_seconds": 2,
            "lease_seconds": 30,
            "submit_poll_seconds": 0.05,
            "answers_poll_seconds": 0.1,
            "log_level": "ERROR",
            **({"failpoint": failpoint} if failpoint else {}),
            **settings,
        }
        env = {f"JONCTION_{name.upper()}": str(value) for name, value in values.items()}
        process = spawn(
            [sys.executable, "-m", "cpam_adapter", "all"],
            log=tmp_path / "adapter.log",
            env={"PATH": os.environ["PATH"], **env},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
        stop(process, by=signal.SIGKILL, seconds=10)
