"""The matcher around a real database: facts are told to its doors as the consumer would."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from chassis.clock import FixedClock
from chassis.consumer import Subscription
from chassis.db import Database
from chassis.sealing import Sealer
from contracts import ids
from contracts.envelope import Event, compose
from contracts.events import (
    BY_TYPE,
    Acceptance,
    Declaration,
    DeclarationSubmitted,
    EventData,
    Period,
    StatementReceived,
    SubmissionAcknowledged,
    SubmissionAnswered,
    SubmissionPrepared,
)
from contracts.identifiers import Siret
from contracts.sealed import Pay
from contracts.topics import DECLARATIONS
from matcher import consumers
from matcher.domain.law import french_law
from matcher.flows.watch_deadlines import watch_deadlines
from matcher.settings import Settings
from matcher.store import cases
from matcher.store.cases import CaseRow
from matcher.store.ledger import Ledger
from matcher.wiring import build
from pydantic import SecretStr
from sqlalchemy import text
from testkit.databases import DatabaseUrls

TENANT = "menuiserie-kerbrat"
SIRET = Siret.parse("99912300300017")
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
PERSON = "k1." + "A" * 40


@dataclass
class Matcher:
    db: Database
    clock: FixedClock
    sealer: Sealer
    ledger: Ledger
    subscriptions: list[Subscription]
    versions: dict[UUID, int] = field(default_factory=dict)

    async def hear(self, data: EventData, *, stream: UUID, tenant: str = TENANT) -> Event:
        """As the consumer does for the next event of this stream."""
        event = self.next_event(data, stream, tenant)
        async with self.db.begin() as tx:
            await self.apply(tx, event)
        return event

    async def hear_all(self, batch: list[tuple[UUID, EventData]]) -> None:
        """As the consumer does for a batch of one topic, in one transaction."""
        events = [self.next_event(data, stream) for stream, data in batch]
        async with self.db.begin() as tx:
            ahead = self._subscription(events[0]).ahead
            assert ahead is not None
            await ahead(tx, events)
            for event in events:
                await self.apply(tx, event)

    def next_event(self, data: EventData, stream: UUID, tenant: str = TENANT) -> Event:
        self.versions[stream] = self.versions.get(stream, 0) + 1
        return compose(
            topic=data.topic,
            source="test",
            type=data.type,
            stream=stream,
            version=self.versions[stream],
            epoch=1,
            tenant=tenant,
            time=self.clock.now(),
            traceparent=None,
            data=data.model_dump_json().encode(),
        )

    def _subscription(self, event: Event) -> Subscription:
        return next(each for each in self.subscriptions if each.model.type == event.type)

    async def apply(self, tx: Any, event: Event) -> None:
        found = self._subscription(event)
        await found.reaction(tx, event, found.model.model_validate(event.data))

    async def watch(self, at: datetime | None = None) -> int:
        if at is not None:
            self.clock.move_to(at)
        return await watch_deadlines(self.db.begin, self.ledger, self.clock)

    async def case(self, declaration: UUID) -> CaseRow:
        async with self.db.begin() as tx:
            found = await cases.find(tx, ids.case_id(declaration))
        assert found is not None
        return found

    async def told(self, declaration: UUID) -> list[EventData]:
        """What the outbox holds about the case, in order."""
        async with self.db.begin() as tx:
            rows = await tx.execute(
                text("select type, data from outbox where stream_id = :id order by version"),
                {"id": ids.case_id(declaration)},
            )
            return [BY_TYPE[row.type].model_validate_json(row.data) for row in rows]

    async def told_types(self, declaration: UUID) -> list[str]:
        return [event.type.rpartition(".")[2] for event in await self.told(declaration)]


@pytest.fixture
async def urls(new_database: Callable[[str], Awaitable[DatabaseUrls]]) -> DatabaseUrls:
    return await new_database("matcher")


@pytest.fixture
async def matcher(urls: DatabaseUrls, sealer: Sealer) -> AsyncIterator[Matcher]:
    clock = FixedClock(MONDAY)
    ledger = Ledger(french_law(), sealer)
    db = Database(urls.service)
    yield Matcher(db, clock, sealer, ledger, consumers.table(ledger, clock))
    await db.close()


@pytest.fixture
async def ask(
    urls: DatabaseUrls,
    keys_dir: Path,
    directory_file: Path,
    token: Callable[[str, str], Awaitable[str]],
) -> AsyncIterator[Callable[..., Awaitable[httpx.Response]]]:
    """`await ask("sirh-kerbrat", "/v1/cases", state="gap")`."""
    database = SecretStr(urls.service)
    parts = build(Settings(mode="test", database=database, keys=keys_dir, directory=directory_file))
    transport = httpx.ASGITransport(parts.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://matcher") as http:

        async def get(client: str, path: str, **params: Any) -> httpx.Response:
            bearer = {"Authorization": f"Bearer {await token(client, 'matcher')}"}
            return await http.get(path, params=params, headers=bearer)

        yield get
    for close in parts.closers:
        await close()


@dataclass
class Arret:
    """One invented arrêt as gateway, adapter and collector tell it; by default case A."""

    sealer: Sealer
    declaration_id: UUID
    person_ref: str
    pay: dict[str, str] | None
    tenant: str = TENANT

    async def declared(
        self, model: type[Declaration] = DeclarationSubmitted, **changes: Any
    ) -> Declaration:
        fields: dict[str, Any] = {
            "declaration_id": self.declaration_id,
            "revision": 1,
            "change": "initial",
            "siret": SIRET,
            "person_ref": self.person_ref,
            "risk": "maladie",
            "period": Period(first=date(2026, 3, 2), last=date(2026, 3, 22)),
            "subrogation": Period(first=date(2026, 3, 2), last=date(2026, 12, 31)),
            "declared_at": MONDAY,
            "person": PERSON,
            "pay": await self._sealed_pay(),
        }
        return model(**(fields | changes))

    async def _sealed_pay(self) -> str | None:
        if self.pay is None:
            return None
        months = [{"month": month, "gross": gross} for month, gross in self.pay.items()]
        return await self.sealer.seal(
            Pay.model_validate({"months": months}).model_dump_json(),
            tenant=self.tenant,
            topic=DECLARATIONS.name,
            stream=self.declaration_id,
            field="pay",
        )

    def submission(self, revision: int = 1) -> UUID:
        return ids.submission_id(self.declaration_id, revision)

    def _of_submission(self, revision: int) -> dict[str, Any]:
        return {
            "submission_id": self.submission(revision),
            "declaration_id": self.declaration_id,
            "revision": revision,
            "control_number": f"CN{revision:010d}",
        }

    def prepared(self, at: datetime = MONDAY, revision: int = 1) -> SubmissionPrepared:
        return SubmissionPrepared(
            **self._of_submission(revision), content_sha256="0" * 64, prepared_at=at
        )

    def acknowledged(self, at: datetime = MONDAY, revision: int = 1) -> SubmissionAcknowledged:
        return SubmissionAcknowledged(
            **self._of_submission(revision),
            reference="DEP-1",
            deposited_at=at,
            content_sha256="0" * 64,
        )

    def answered(
        self, verdict: str, at: datetime, revision: int = 1, **more: Any
    ) -> SubmissionAnswered:
        acceptance = None
        if verdict == "accepted":
            acceptance = Acceptance(
                risk="maladie",
                first_payable_day=date(2026, 3, 5),
                accepted_until=date(2026, 3, 22),
                daily_gross="39.45",
            )
        return SubmissionAnswered(
            **self._of_submission(revision),
            answer_id=f"{revision}-{verdict}-{at:%Y%m%d}",
            verdict=verdict,
            answered_at=at,
            acceptance=acceptance,
            **more,
        )


@pytest.fixture
def arret(sealer: Sealer) -> Callable[..., Arret]:
    def make(**changes: Any) -> Arret:
        pay = {"2026-02": "2400.00", "2026-01": "2400.00", "2025-12": "2400.00"}
        fields = {"declaration_id": uuid4(), "person_ref": uuid4().hex, "pay": pay}
        return Arret(sealer, **(fields | changes))

    return make


@pytest.fixture
def slip(
    statement: Callable[..., StatementReceived],
) -> Callable[..., StatementReceived]:
    """`slip(arret, "slip-1", lines)`: a statement of this arrêt's person and employer."""

    def make(of: Arret, name: str, lines: list[tuple[object, ...]], **more: Any) -> Any:
        identity = ids.statement_id("KERBRAT29", f"{of.person_ref}-{name}", "1")
        return statement(
            name, lines, person_ref=of.person_ref, siret=SIRET, statement_id=identity, **more
        )

    return make
