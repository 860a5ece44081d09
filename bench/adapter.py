"""Acknowledgements a second of the adapter: from a declaration in the log to the CPAM's technical
acknowledgement in the log, through submission, intent, deposit and outcome.

Beside it the floor, a loop that only posts ready envelopes to the same simulated CPAM, and what one
would otherwise write: a consumer that calls a SOAP client inside its transaction.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import zeep
from chassis.consumer import Subscription
from chassis.db import Database, Tx
from chassis.directory import CpamAccount, Directory
from chassis.http import http_client
from chassis.sealing import Sealer
from contracts.envelope import Event
from contracts.events import DeclarationSubmitted
from contracts.ids import submission_id
from contracts.sealed import Bank, Pay, Person
from cpam_adapter.domain.numbers import control_number
from cpam_adapter.partner.contract import Contract
from cpam_adapter.partner.words import declaration_words
from sqlalchemy import text

from bench import facts, readers, workers
from bench.figures import Compared
from bench.ground import Ground, Process
from bench.workers import Run, Scaled, Work

SERVICE, SIMULATOR = "cpam-adapter", "cpam-simulator"
DECLARATIONS, NAIVE_DECLARATIONS, POSTS = 800, 300, 1000
_AT_ONCE = 8
_ACKNOWLEDGED = """
    select count(*) from event_archive where type = 'fr.jonction.submission.acknowledged'
"""
_KEEP = text("insert into effect (id, stream) values (:id, :stream)")


async def measure(ground: Ground, say: Callable[[str], None]) -> Scaled:
    """One worker, compared, and two workers side by side."""
    with _simulator(ground) as cpam:
        url = f"{cpam.url}/teledeclaration"
        one = await _chain(ground, url, 1, say)
        two = await _chain(ground, url, 2, say)
        words = await _words(ground, 3_000_000, POSTS)
        floor = await _post(ground, url, words)
        naive = await _naively(ground, url)
    return Scaled(one, two, Compared([one.rate], [floor], [naive]))


@contextmanager
def _simulator(ground: Ground) -> Iterator[Process]:
    store = ground.folder / "simulator" / "cpam.sqlite"
    with ground.running(SIMULATOR, part="all", own={"store": store}) as process:
        yield process


async def _chain(ground: Ground, url: str, count: int, say: Callable[[str], None]) -> Run:
    told = await facts.declarations(ground.material, count * 1_000_000, DECLARATIONS)

    async def acknowledged(database: str) -> int:
        async with ground.connection(database) as connection:
            return int(await connection.fetchval(_ACKNOWLEDGED))

    work = Work(
        SERVICE,
        facts.composed(told),
        acknowledged,
        DECLARATIONS,
        ("jonction_cpam_deposits_total", {"outcome": "Deposited"}),
        {"cpam_url": url},
    )
    return await workers.run(ground, work, count, say)


def _account(ground: Ground) -> CpamAccount:
    account = Directory.load(ground.material.directory).account_of(facts.TENANT)
    if account is None:
        raise LookupError(facts.TENANT)
    return account


async def _words(ground: Ground, start: int, number: int) -> list[dict[str, Any]]:
    told = await facts.declarations(ground.material, start, number)
    sealer = Sealer(ground.material.keys(SERVICE))
    return [
        await _opened(sealer, data) for _, data in told if isinstance(data, DeclarationSubmitted)
    ]


async def _opened(sealer: Sealer, data: DeclarationSubmitted) -> dict[str, Any]:
    async def clear(sealed: str | None, field: str) -> str:
        return await sealer.open(
            sealed or "",
            tenant=facts.TENANT,
            topic=data.topic,
            stream=data.declaration_id,
            field=field,
        )

    number = control_number(submission_id(data.declaration_id, data.revision))
    return dict(
        declaration_words(
            data,
            control_number=number,
            origin=None,
            person=Person.model_validate_json(await clear(data.person, "person")),
            pay=Pay.model_validate_json(await clear(data.pay, "pay")),
            bank=Bank.model_validate_json(await clear(data.bank, "bank")),
        )
    )


async def _post(ground: Ground, url: str, words: list[dict[str, Any]]) -> float:
    """Deposits a second of eight clients on kept connections, with nothing else to do."""
    contract = Contract()
    envelopes = [
        await contract.message("DeposerDeclarations", declaration=[each]) for each in words
    ]
    contract.close()
    account = _account(ground)
    auth = httpx.BasicAuth(account.account, account.password())
    async with http_client(auth=auth) as http:

        async def client() -> None:
            while envelopes:
                (await http.post(url, content=envelopes.pop())).raise_for_status()

        begun = time.perf_counter()
        await asyncio.gather(*(client() for _ in range(_AT_ONCE)))
        return len(words) / (time.perf_counter() - begun)


async def _naively(ground: Ground, url: str) -> float:
    told = await facts.declarations(ground.material, 4_000_000, NAIVE_DECLARATIONS)
    await ground.fresh_topics()
    await facts.publish(ground.broker, facts.composed(told))
    database = await ground.fresh_database(SERVICE, readers.TABLES)
    db, sealer, account = (
        Database(ground.url(database, SERVICE)),
        Sealer(ground.material.keys(SERVICE)),
        _account(ground),
    )
    auth = httpx.BasicAuth(account.account, account.password())
    async with http_client(auth=auth) as http:
        untyped: Any = zeep
        wsdl = httpx.Client(trust_env=False)
        transport = untyped.transports.AsyncTransport(client=http, wsdl_client=wsdl)
        service = untyped.AsyncClient(f"{url}?wsdl", transport=transport).service

        async def deposit(tx: Tx, event: Event, data: Any) -> None:
            await service.DeposerDeclarations(declaration=[await _opened(sealer, data)])
            await tx.execute(_KEEP, {"id": event.id, "stream": event.subject})

        table = [Subscription(DeclarationSubmitted, deposit)]
        rate = await readers.read_naively(
            ground.broker, "bench-naive", table, NAIVE_DECLARATIONS, db
        )
    await db.close()
    return rate
