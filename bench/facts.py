"""The life of an arrêt as events: declared, deposited, acknowledged, answered, paid.

Each of another invented person; sealed and composed as the services do it, and put straight into
the topics, so that a reader has its whole work waiting.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from uuid import UUID

from chassis import kafka
from chassis.broker import Broker
from chassis.partitions import key_of, partition_of
from chassis.sealing import PersonRefs, Sealer
from contracts import ids
from contracts.envelope import Event, compose
from contracts.events import (
    Acceptance,
    DeclarationSubmitted,
    EventData,
    StatementLine,
    StatementReceived,
    SubmissionAcknowledged,
    SubmissionAnswered,
    SubmissionPrepared,
)
from declaration_gateway.domain.declaring import Declaring
from declaration_gateway.flows.seal_declaration import seal_declaration
from local_platform.material import Material

from bench.bodies import bodies

TENANT = "menuiserie-kerbrat"
AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
_FIRST_PAID, _LAST_PAID = date(2026, 3, 5), date(2026, 3, 21)
_LINES = (("IJNOR", "671.50"), ("RETCSJ", "-41.63"), ("RETCRD", "-3.36"))

Fact = tuple[UUID, EventData]


async def declarations(material: Material, start: int, number: int) -> list[Fact]:
    """`start` as in `bodies`: other starts are other people."""
    keys = material.keys("declaration-gateway")
    sealer, refs = Sealer(keys), PersonRefs(keys)
    declared = [
        await seal_declaration(
            sealer, refs, tenant=TENANT, said=Declaring.model_validate_json(body), at=AT
        )
        for body in islice(bodies(start), number)
    ]
    return [(each.declaration_id, each) for each in declared]


async def lives(material: Material, start: int, number: int) -> list[Fact]:
    """All that the matcher hears of so many arrêts: six events of each."""
    return [
        fact
        for _, declared in await declarations(material, start, number)
        if isinstance(declared, DeclarationSubmitted)
        for fact in _life_of(declared)
    ]


def composed(facts: Iterable[Fact]) -> list[tuple[str, Event]]:
    """With their topics; versions count in each stream."""
    versions: Counter[UUID] = Counter()
    made = []
    for stream, data in facts:
        versions[stream] += 1
        event = compose(
            topic=data.topic,
            source="bench",
            type=data.type,
            stream=stream,
            version=versions[stream],
            epoch=1,
            tenant=TENANT,
            time=AT,
            traceparent=None,
            data=data.model_dump_json().encode(),
        )
        made.append((data.topic, event))
    return made


async def publish(broker: Broker, events: Sequence[tuple[str, Event]]) -> None:
    """Returns when the broker has all of them."""
    kafka.silence()
    producer = kafka.producer(broker, "bench")
    await producer.start()
    try:
        sent = [
            await producer.send(
                topic,
                key=key_of(event.subject),
                value=event.encode(),
                partition=partition_of(event.subject),
            )
            for topic, event in events
        ]
        await asyncio.gather(*sent)
    finally:
        await producer.stop()


def _life_of(declared: DeclarationSubmitted) -> list[Fact]:
    submission = ids.submission_id(declared.declaration_id, 1)
    names = {
        "submission_id": submission,
        "declaration_id": declared.declaration_id,
        "revision": 1,
        "control_number": f"J{submission.hex[:15].upper()}",
    }
    told: list[tuple[type[EventData], dict[str, object]]] = [
        (SubmissionPrepared, {"content_sha256": "0" * 64, "prepared_at": AT}),
        (
            SubmissionAcknowledged,
            {"reference": "DEP-1", "deposited_at": AT, "content_sha256": "0" * 64},
        ),
        (SubmissionAnswered, _answer(1, "in-progress", None)),
        (SubmissionAnswered, _answer(2, "accepted", _ACCEPTANCE)),
    ]
    submitted = [(submission, model.model_validate({**names, **own})) for model, own in told]
    paid = _paid(declared)
    return [(declared.declaration_id, declared), *submitted, (paid.statement_id, paid)]


_ACCEPTANCE = Acceptance(
    risk="maladie",
    first_payable_day=_FIRST_PAID,
    accepted_until=_LAST_PAID,
    daily_gross=Decimal("39.50"),
)


def _answer(day: int, verdict: str, acceptance: Acceptance | None) -> dict[str, object]:
    at = AT + timedelta(days=day)
    answer_id = f"REP-{day}"
    return {
        "answer_id": answer_id,
        "verdict": verdict,
        "answered_at": at,
        "acceptance": acceptance,
    }


def _paid(declared: DeclarationSubmitted) -> StatementReceived:
    lines = [
        StatementLine(
            nature=nature,
            first=_FIRST_PAID,
            last=_LAST_PAID,
            amount=Decimal(amount),
            subrogated=True,
        )
        for nature, amount in _LINES
    ]
    return StatementReceived(
        statement_id=ids.statement_id("bench", "BPIJ-1", str(declared.declaration_id)),
        account="bench",
        slip="BPIJ-1",
        siret=declared.siret,
        person_ref=declared.person_ref,
        caisse="291",
        accounting_day=AT.date() + timedelta(days=25),
        insurance="AS",
        lines=lines,
        total=sum((line.amount for line in lines), Decimal(0)),
        received_at=AT + timedelta(days=26),
        person=declared.person,
    )
