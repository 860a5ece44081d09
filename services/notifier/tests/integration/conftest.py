"""The notifier's parts around a real database and a real mail server, and facts to tell it."""

import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from chassis.clock import FixedClock
from chassis.consumer import Subscription
from chassis.db import Database
from contracts import ids
from contracts.envelope import Event, compose
from contracts.events import CaseGapClosed, CaseGapFound, CaseOverdue, CaseOverdueEnded, EventData
from contracts.identifiers import Siret
from contracts.money import Amounts
from notifier import consumers
from notifier.flows.send_mails import send_mails
from notifier.partner.letters import Letters
from notifier.partner.post import PostOffice
from testkit.mailbox import Mailbox

SENDER = "Jonction <alertes@jonction.example>"
OPERATORS = ("exploitation@jonction.example",)
PAYROLL = ("paie@kerbrat.example", "rh@kerbrat.example")
TENANT = "menuiserie-kerbrat"
NOW = dt.datetime(2026, 3, 9, 23, tzinfo=dt.UTC)


@dataclass
class Notifier:
    """What a running notifier does, one step at a time."""

    db: Database
    clock: FixedClock
    office: PostOffice
    subscriptions: list[Subscription]
    letters: Letters
    versions: dict[UUID, int]

    async def read(self, data: EventData, *, stream: UUID, tenant: str = TENANT) -> Event:
        """As the consumer does for the next event of this stream."""
        self.versions[stream] = self.versions.get(stream, 0) + 1
        event = compose(
            topic=data.topic,
            source="matcher",
            type=data.type,
            stream=stream,
            version=self.versions[stream],
            epoch=1,
            tenant=tenant,
            time=self.clock.now(),
            traceparent=None,
            data=data.model_dump_json().encode(),
        )
        await self.apply(event, data)
        return event

    async def apply(self, event: Event, data: EventData) -> None:
        found = next(item for item in self.subscriptions if item.model is type(data))
        async with self.db.begin() as tx:
            await found.reaction(tx, event, data)

    async def send(self) -> int:
        return await send_mails(
            self.db.begin,
            self.office,
            self.clock,
            operators=OPERATORS,
            lease_length=dt.timedelta(seconds=30),
        )


NewNotifier = Callable[[], Awaitable[Notifier]]


@pytest.fixture
async def notifier(database: Callable[[str], Awaitable[Database]], mailbox: Mailbox) -> Notifier:
    letters = Letters(
        sender=SENDER, console_url="http://127.0.0.1:8007", recipients=lambda alert: PAYROLL
    )
    office = PostOffice(
        host=mailbox.host, port=mailbox.port, encryption="off", sender=SENDER, timeout_seconds=5
    )
    return Notifier(
        db=await database("notifier"),
        clock=FixedClock(NOW),
        office=office,
        subscriptions=consumers.table(letters),
        letters=letters,
        versions={},
    )


@dataclass(frozen=True)
class CaseFacts:
    """Facts of one invented case, as the matcher would tell them."""

    declaration_id: UUID

    @property
    def case_id(self) -> UUID:
        return ids.case_id(self.declaration_id)

    @property
    def overdue_id(self) -> UUID:
        return ids.overdue_id(self.case_id, "acknowledgement", 1)

    def _case(self, gap: str | None = None) -> dict[str, object]:
        return {
            "case_id": self.case_id,
            "declaration_id": self.declaration_id,
            "siret": Siret.parse("99912300300017"),
            "person_ref": "p",
            "revision": 1,
            "state": "received",
            "expected": Amounts.zero(),
            "received": Amounts.zero(),
            "paid_to_employee": Amounts.zero(),
            "gap": None if gap is None else Decimal(gap),
        }

    def overdue(self) -> CaseOverdue:
        return CaseOverdue.model_validate(
            self._case()
            | {
                "overdue_id": self.overdue_id,
                "awaited": "acknowledgement",
                "awaited_revision": 1,
                "since": NOW - dt.timedelta(days=5),
                "due_at": NOW,
                "missed_at": NOW,
            }
        )

    def overdue_ended(self) -> CaseOverdueEnded:
        return CaseOverdueEnded.model_validate(
            self._case()
            | {
                "overdue_id": self.overdue_id,
                "awaited": "acknowledgement",
                "reason": "came",
                "ended_at": NOW + dt.timedelta(days=1),
            }
        )

    def gap(self, amount: str, *, found_at: dt.datetime = NOW) -> CaseGapFound:
        return CaseGapFound.model_validate(self._case(amount) | {"found_at": found_at})

    def gap_closed(self) -> CaseGapClosed:
        return CaseGapClosed.model_validate(
            self._case("0.00") | {"closed_at": NOW + dt.timedelta(days=2)}
        )


@pytest.fixture
def case() -> CaseFacts:
    return CaseFacts(uuid4())
