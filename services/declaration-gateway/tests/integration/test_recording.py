"""Answers and facts of a case, applied as the consumer applies them, and read back by the HRIS."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from chassis.db import Database
from contracts.envelope import Event, compose
from contracts.events import (
    CaseGapFound,
    CaseOpened,
    CaseOverdue,
    CaseOverdueEnded,
    EventData,
    SubmissionAcknowledged,
    SubmissionAnswered,
    SubmissionRefused,
)
from contracts.identifiers import Siret
from contracts.ids import case_id, overdue_id, submission_id
from contracts.money import Amounts
from declaration_gateway import consumers

Key = Callable[[], dict[str, str]]
Apply = Callable[..., Awaitable[None]]
KERBRAT = "menuiserie-kerbrat"
AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
NET = {"gross": "710.10", "csg": "44.03", "crds": "3.55", "net": "662.52"}


@pytest.fixture
def apply(gateway_db: Database) -> Apply:
    """Applies an event through the gateway's own table of subscriptions."""
    reactions: dict[str, Any] = {each.model.type: each for each in consumers.table()}
    versions: dict[UUID, int] = {}

    async def applied(data: EventData, stream: UUID, tenant: str = KERBRAT) -> None:
        versions[stream] = versions.get(stream, 0) + 1
        event: Event = compose(
            topic=data.topic,
            source="test",
            type=data.type,
            stream=stream,
            version=versions[stream],
            epoch=1,
            tenant=tenant,
            time=AT,
            traceparent=None,
            data=data.model_dump_json().encode(),
        )
        subscription = reactions[data.type]
        async with gateway_db.begin() as tx:
            await subscription.reaction(tx, event, subscription.model.model_validate(event.data))

    return applied


@pytest.fixture
async def declared(http: httpx.AsyncClient, key: Key, maladie: dict[str, Any]) -> UUID:
    answer = await http.post("/v1/declarations", json=maladie, headers=key())
    return UUID(answer.json()["declaration_id"])


def submission(declaration: UUID) -> dict[str, Any]:
    return {
        "submission_id": submission_id(declaration, 1),
        "declaration_id": declaration,
        "revision": 1,
        "control_number": "J00000000042",
    }


def acknowledged(declaration: UUID, at: datetime = AT) -> SubmissionAcknowledged:
    return SubmissionAcknowledged(
        **submission(declaration), reference="DEP-7", deposited_at=at, content_sha256="ab" * 32
    )


def answered(declaration: UUID, verdict: Any, at: datetime = AT, **more: Any) -> SubmissionAnswered:
    return SubmissionAnswered(
        **submission(declaration), answer_id="R1", verdict=verdict, answered_at=at, **more
    )


def case(declaration: UUID, **more: Any) -> dict[str, Any]:
    return {
        "case_id": case_id(declaration),
        "declaration_id": declaration,
        "siret": Siret.parse("99912300300017"),
        "person_ref": "00",
        "revision": 1,
        "state": "declared",
        "expected": Amounts.model_validate(NET),
        "received": Amounts.zero(),
        "paid_to_employee": Amounts.zero(),
        "gap": "662.52",
        **more,
    }


async def test_answers_are_read_back_in_order_of_time_with_the_proof(
    http: httpx.AsyncClient, apply: Apply, declared: UUID
) -> None:
    stream = submission_id(declared, 1)
    await apply(acknowledged(declared), stream)
    await apply(answered(declared, "in-progress", AT + timedelta(hours=3)), stream)
    await apply(
        answered(
            declared, "rejected", AT + timedelta(days=1), code="DJT_INCOHERENTE", label="Refus"
        ),
        stream,
    )
    read = (await http.get(f"/v1/declarations/{declared}")).json()
    assert [(each["kind"], each["verdict"], each["code"]) for each in read["answers"]] == [
        ("technical", "received", None),
        ("business", "in-progress", None),
        ("business", "rejected", "DJT_INCOHERENTE"),
    ]
    assert read["answers"][2]["label_fr"] == "Refus"
    assert read["proofs"] == [
        {
            "revision": 1,
            "reference": "DEP-7",
            "deposited_at": "2026-03-02T08:00:00Z",
            "sha256": "ab" * 32,
            "control_number": "J00000000042",
        }
    ]


async def test_a_refused_deposit_is_a_technical_rejection_and_no_proof(
    http: httpx.AsyncClient, apply: Apply, declared: UUID
) -> None:
    refused = SubmissionRefused(**submission(declared), code="FORME", label="Forme", refused_at=AT)
    await apply(refused, submission_id(declared, 1))
    read = (await http.get(f"/v1/declarations/{declared}")).json()
    assert [(each["kind"], each["verdict"], each["code"]) for each in read["answers"]] == [
        ("technical", "rejected", "FORME")
    ]
    assert read["proofs"] == []


async def test_the_case_is_shown_as_last_told_with_what_is_overdue(
    http: httpx.AsyncClient, apply: Apply, declared: UUID
) -> None:
    stream = case_id(declared)
    await apply(CaseOpened(**case(declared)), stream)
    overdue = {"overdue_id": overdue_id(stream, "payment", 1), "awaited": "payment"}
    late = CaseOverdue(
        **case(declared, state="accepted"),
        **overdue,
        awaited_revision=1,
        since=AT,
        due_at=AT + timedelta(days=30),
        missed_at=AT + timedelta(days=30),
    )
    await apply(late, stream)
    shown = (await http.get(f"/v1/declarations/{declared}")).json()["case"]
    assert (shown["state"], shown["alerts_open"], shown["overdue"]) == ("accepted", 1, ["payment"])
    assert shown["expected"] == NET
    ended = CaseOverdueEnded(**case(declared), **overdue, reason="came", ended_at=AT)
    await apply(ended, stream)
    gap = CaseGapFound(**case(declared, state="gap", gap="29.22"), found_at=AT)
    await apply(gap, stream)
    shown = (await http.get(f"/v1/declarations/{declared}")).json()["case"]
    assert (shown["state"], shown["alerts_open"], shown["gap"]) == ("gap", 0, "29.22")
    listed = (await http.get("/v1/declarations?state=gap")).json()["items"]
    assert [item["case"] for item in listed] == [{"state": "gap"}]


async def test_the_history_tells_everything_in_order(
    http: httpx.AsyncClient, apply: Apply, declared: UUID
) -> None:
    await apply(CaseOpened(**case(declared)), case_id(declared))
    await apply(acknowledged(declared), submission_id(declared, 1))
    await apply(answered(declared, "accepted", AT), submission_id(declared, 1))
    history = (await http.get(f"/v1/declarations/{declared}/history")).json()["items"]
    assert [each["entry"] for each in history] == ["revision", "answer", "answer", "case"]
    assert [each.get("verdict") for each in history] == [None, "received", "accepted", None]
    assert history[3]["fact"] == "opened"


async def test_an_answer_may_come_before_its_declaration_is_known(
    http: httpx.AsyncClient, apply: Apply
) -> None:
    unknown = UUID("019cad58-0000-7000-8000-000000000001")
    await apply(acknowledged(unknown), submission_id(unknown, 1))
    await apply(CaseOpened(**case(unknown)), case_id(unknown))
    assert (await http.get(f"/v1/declarations/{unknown}")).status_code == 404


async def test_what_was_told_of_another_tenant_is_not_shown(
    http: httpx.AsyncClient, apply: Apply, declared: UUID
) -> None:
    await apply(acknowledged(declared), submission_id(declared, 1), "transports-delorme")
    await apply(CaseOpened(**case(declared)), case_id(declared), "transports-delorme")
    read = (await http.get(f"/v1/declarations/{declared}")).json()
    assert (read["answers"], read["case"]) == ([], None)


def test_every_topic_that_the_gateway_reads_has_a_subscription() -> None:
    topics = {each.model.topic for each in consumers.table()}
    assert topics == {"submissions.v1", "cases.v1"}
