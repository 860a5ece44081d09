"""Events as the other services publish them, for one invented person; and the feed's own parts."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import event_feed
import pytest
from chassis.db import Database
from chassis.sealing import Sealer
from contracts import events, ids
from contracts.envelope import Event, compose
from contracts.identifiers import Iban, Nir, Siret
from contracts.money import Amounts
from contracts.sealed import Bank, MonthlyPay, Pay, Person
from event_feed.domain.visibility import Visibility
from event_feed.flows.record_event import record_event

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
KERBRAT = Siret.parse("99912300300017")
DELORME = Siret.parse("99945600700015")
NIR = "1850475112042"
IBAN = "FR7630006000011234567890189"
ZERO = Amounts.zero()


@dataclass
class Story:
    """One declaration and what becomes of it; `next` numbers each stream's events 1, 2, 3."""

    sealer: Sealer
    tenant: str = "menuiserie-kerbrat"
    declaration_id: UUID = field(default_factory=uuid4)
    versions: dict[UUID, int] = field(default_factory=dict)

    @property
    def siret(self) -> Siret:
        return KERBRAT if self.tenant == "menuiserie-kerbrat" else DELORME

    def event(self, data: events.EventData, stream: UUID) -> Event:
        version = self.versions[stream] = self.versions.get(stream, 0) + 1
        return compose(
            topic=data.topic,
            source="test",
            type=data.type,
            stream=stream,
            version=version,
            epoch=1,
            tenant=self.tenant,
            time=AT + timedelta(minutes=version),
            traceparent=None,
            data=data.model_dump_json().encode(),
        )

    async def _seal(self, topic: str, stream: UUID, name: str, content: Any) -> str:
        return await self.sealer.seal(
            content.model_dump_json(), tenant=self.tenant, topic=topic, stream=stream, field=name
        )

    async def declared(
        self, model: type[events.Declaration] = events.DeclarationSubmitted
    ) -> Event:
        stream = self.declaration_id
        pay = Pay(
            months=[
                MonthlyPay(month=f"2025-{month:02d}", gross="2400.00") for month in range(1, 13)
            ]
        )
        person = Person(nir=Nir(NIR), family_name="Lefèvre", given_names="Camille")
        topic = model.topic
        data = model(
            declaration_id=stream,
            revision=self.versions.get(stream, 0) + 1,
            change="initial",
            siret=self.siret,
            person_ref="ab" * 32,
            risk="maladie",
            period=events.Period(first=date(2026, 3, 2), last=date(2026, 3, 22)),
            declared_at=AT,
            person=await self._seal(topic, stream, "person", person),
            pay=await self._seal(topic, stream, "pay", pay),
            bank=await self._seal(topic, stream, "bank", Bank(iban=Iban(IBAN))),
        )
        return self.event(data, stream)

    def acknowledged(self) -> Event:
        stream = ids.submission_id(self.declaration_id, 1)
        data = events.SubmissionAcknowledged(
            submission_id=stream,
            declaration_id=self.declaration_id,
            revision=1,
            control_number="0123456789AB",
            reference="R1",
            deposited_at=AT,
            content_sha256="0" * 64,
        )
        return self.event(data, stream)

    def prepared(self) -> Event:
        stream = ids.submission_id(self.declaration_id, 1)
        data = events.SubmissionPrepared(
            submission_id=stream,
            declaration_id=self.declaration_id,
            revision=1,
            control_number="0123456789AB",
            content_sha256="0" * 64,
            prepared_at=AT,
        )
        return self.event(data, stream)

    async def paid(self, slip: str = "BPIJ-1") -> Event:
        stream = ids.statement_id("KERBRAT29", f"{self.declaration_id}{slip}", "1")
        person = Person(nir=Nir(NIR), family_name="Lefèvre", given_names="Camille")
        line = events.StatementLine(nature="IJNOR", amount="710.10", subrogated=True)
        data = events.StatementReceived(
            statement_id=stream,
            account="KERBRAT29",
            slip=slip,
            siret=self.siret,
            person_ref="ab" * 32,
            caisse="291",
            accounting_day=date(2026, 3, 27),
            insurance="AS",
            lines=[line],
            total="710.10",
            received_at=AT,
            person=await self._seal(events.StatementReceived.topic, stream, "person", person),
        )
        return self.event(data, stream)

    def case(self, model: type[events.Case] = events.CaseOpened, **more: Any) -> Event:
        stream = ids.case_id(self.declaration_id)
        data = model(
            case_id=stream,
            declaration_id=self.declaration_id,
            siret=self.siret,
            person_ref="ab" * 32,
            revision=1,
            state="declared",
            expected=None,
            received=ZERO,
            paid_to_employee=ZERO,
            gap=None,
            **more,
        )
        return self.event(data, stream)

    def matched(self, statement: UUID) -> Event:
        return self.case(events.CaseMatched, statement_id=statement, matched=ZERO)


async def record(db: Database, *arrived: Event) -> None:
    """As the consumer does: events of one batch in one transaction."""
    async with db.begin() as tx:
        for event in arrived:
            await record_event(tx, event, events.BY_TYPE[event.type].model_validate(event.data))


@pytest.fixture
def story(sealer: Sealer) -> Callable[..., Story]:
    return lambda **more: Story(sealer, **more)


@pytest.fixture
def recorded() -> Callable[..., Awaitable[None]]:
    return record


@pytest.fixture(scope="session")
def visibility() -> Visibility:
    return Visibility.load(Path(event_feed.__file__).with_name("fields.toml"))


@pytest.fixture
async def db(database: Callable[[str], Awaitable[Database]]) -> Database:
    return await database("event-feed")
