"""An adapter whose database was restored asks the CPAM before it sends, and files nothing twice."""

from datetime import timedelta
from typing import Any

import pytest
from chassis.errors import Refused
from chassis.restoring import Restored
from contracts.envelope import compose
from contracts.events import (
    DeclarationCorrected,
    IncidentClosed,
    IncidentOpened,
    SubmissionAcknowledged,
    SubmissionAnswered,
)
from cpam_adapter import consumers
from cpam_adapter.domain.patience import Patience
from cpam_adapter.flows.ask_before_sending import ask_before_sending
from cpam_adapter.flows.release_deposits import release_deposits
from sqlalchemy import text

PATIENCE = Patience(
    quiet=timedelta(minutes=2), settling=timedelta(minutes=10), limit=timedelta(hours=24)
)
READ = {("declarations.v1", 0): 7}
FORGOTTEN = ("evidence", "attempt", "answer", "submission", "outbox", "stream_head", "incident")


async def restore(world: Any, ends: dict[tuple[str, int], int] | None = None) -> None:
    """What `restored` has the service do once the epoch is raised."""
    recall = consumers.recall(world.clock, world.adapter.incidents)
    assert recall.begin is not None
    async with world.adapter.db.begin() as tx:
        await recall.begin(tx, Restored(2, world.clock.now(), ends or {}))


async def forget(world: Any) -> None:
    """As a backup has it that was taken before anything happened."""
    async with world.adapter.db.begin() as tx:
        for table in FORGOTTEN:
            await tx.execute(text("delete from " + table))


async def recall(world: Any, *facts: Any) -> None:
    own = consumers.recall(world.clock, world.adapter.incidents).own
    for version, fact in enumerate(facts, 1):
        event = compose(
            topic=fact.topic,
            source="cpam-adapter",
            type=fact.type,
            stream=getattr(fact, "submission_id", None) or fact.incident_id,
            version=version,
            epoch=1,
            tenant="menuiserie-kerbrat",
            time=world.clock.now(),
            traceparent=None,
            data=fact.model_dump_json().encode(),
        )
        (found,) = [each for each in own if each.model is type(fact)]
        async with world.adapter.db.begin() as tx:
            await found.reaction(tx, event, fact)


async def hold(world: Any) -> int:
    adapter = world.adapter
    return await ask_before_sending(adapter.db.begin, world.clock, adapter.incidents, PATIENCE)


async def test_what_was_filed_in_the_lost_time_is_found_and_not_filed_again(world):
    declared = await world.declaration()
    await world.adapter.prepare(declared)
    await world.adapter.submit()
    await forget(world)
    await restore(world)
    submission = await world.adapter.prepare(declared)
    assert await world.adapter.submit() == 0
    assert await hold(world) == 1
    await world.later(minutes=2)
    assert await world.adapter.ask() == 1
    assert (await world.adapter.get(submission)).state == "DEPOSITED"
    assert await hold(world) == 1
    assert await world.adapter.open_incidents() == []
    (filing,) = await world.cpam.filings()
    assert filing["count"] == 1
    assert await world.adapter.evidence(submission) == ["restored", "query-found"]


async def test_an_answer_to_what_the_lost_time_filed_is_no_strangers(world):
    await world.cpam.plan({"after": "PT1H", "verdict": "CONFIRMATION_TRAITEMENT"})
    declared = await world.declaration()
    await world.adapter.prepare(declared)
    await world.adapter.submit()
    await forget(world)
    await restore(world)
    submission = await world.adapter.prepare(declared)
    await world.later(hours=1)
    await world.adapter.answers()
    assert (await world.adapter.get(submission)).state == "IN_PROGRESS"
    assert await hold(world) == 1
    assert await world.adapter.submit() == 0


async def test_nothing_is_deposited_before_everything_open_was_asked_about(world):
    old = await world.declare()
    await restore(world)
    new = await world.declare(person_ref="b" * 64)
    assert await world.adapter.open_incidents() == ["cpam-deposits-held"]
    assert await world.adapter.submit() == 0
    assert await hold(world) == 2
    assert await hold(world) == 0
    await world.later(minutes=2)
    assert await world.adapter.ask() == 2
    assert await hold(world) == 1
    assert await world.adapter.submit() == 0
    await world.later(minutes=10)
    assert await world.adapter.ask() == 2
    assert await world.adapter.submit() == 2
    for each in (old, new):
        assert (await world.adapter.get(each)).state == "DEPOSITED"
    assert [filing["count"] for filing in await world.cpam.filings()] == [1, 1]


async def test_the_hold_lasts_until_the_log_of_the_lost_time_has_been_read(world):
    await restore(world, READ)
    assert await hold(world) == 0
    move = text(
        "insert into consumer_position values ('declarations.v1', 0, :next, gen_random_uuid())"
        " on conflict (topic, partition) do update set next_offset = excluded.next_offset"
    )
    for position, ended in ((6, 0), (7, 1), (8, 0)):
        async with world.adapter.db.begin() as tx:
            await tx.execute(move, {"next": position})
        assert await hold(world) == ended


async def test_an_operator_cannot_end_the_hold_before_the_lost_time_has_been_read(world):
    declared = await world.declaration()
    submission = await world.adapter.prepare(declared)
    await world.adapter.submit()
    facts = await world.adapter.news(submission)
    await forget(world)
    await restore(world, READ)
    await recall(world, *facts)
    async with world.adapter.db.begin() as tx:
        with pytest.raises(Refused) as refused:
            await release_deposits(tx, world.adapter.incidents)
    assert refused.value.code == "deposits-not-read"
    assert await world.adapter.open_incidents() == ["cpam-deposits-held"]
    await world.adapter.prepare(declared)
    assert (await world.adapter.get(submission)).state == "DEPOSITED"
    assert await world.adapter.submit() == 0
    (filing,) = await world.cpam.filings()
    assert filing["count"] == 1


async def in_doubt(world: Any) -> tuple[Any, list[Any]]:
    """A declaration that a person must look at, and all that was told of it and its incident."""
    await world.declare(person_ref="a" * 64)
    double = await world.declaration(person_ref="a" * 64)
    submission = await world.adapter.prepare(double)
    assert (await world.adapter.get(submission)).state == "HUMAN"
    (incident,) = await world.adapter.rows("select id from incident")
    facts = await world.adapter.news(submission) + await world.adapter.news(incident["id"])
    return double, facts


async def test_an_incident_of_the_lost_time_is_seen_again_and_not_told_again(world):
    double, facts = await in_doubt(world)
    await forget(world)
    await restore(world)
    await recall(world, *facts)
    submission = await world.adapter.prepare(double)
    found = await world.adapter.get(submission)
    assert (found.state, found.reason) == ("HUMAN", "double-content")
    assert await world.adapter.open_incidents() == ["cpam-deposits-held", "submission-in-doubt"]
    assert await world.adapter.told(submission) == []
    opened = await world.adapter.rows(
        "select 1 from outbox join incident on incident.id = stream_id"
        " where kind = 'submission-in-doubt'"
    )
    assert opened == []


async def test_an_incident_that_was_closed_in_the_lost_time_is_closed_again(world):
    await in_doubt(world)
    (incident,) = await world.adapter.rows("select id, key from incident")
    async with world.adapter.db.begin() as tx:
        await world.adapter.incidents.close(tx, "submission-in-doubt", incident["key"])
    closed = (await world.adapter.news(incident["id"]))[-1]
    async with world.adapter.db.begin() as tx:
        await tx.execute(text("update incident set closed_at = null"))
    await restore(world)
    await recall(world, closed)
    assert await world.adapter.open_incidents() == ["cpam-deposits-held"]


async def test_a_hold_that_ended_in_the_lost_time_begins_again_and_is_told_again(world):
    await restore(world)
    (incident,) = await world.adapter.rows("select id from incident")
    opened = await world.adapter.news(incident["id"])
    assert await hold(world) == 1
    (closed,) = (await world.adapter.news(incident["id"]))[len(opened) :]
    async with world.adapter.db.begin() as tx:
        await tx.execute(text("update incident set closed_at = null"))
    await recall(world, closed)
    await restore(world)
    told = await world.adapter.news(incident["id"])
    assert [type(each) for each in told] == [IncidentOpened, IncidentClosed, IncidentOpened]


async def test_after_a_second_restore_what_is_ready_is_asked_about_once_more(world):
    submission = await world.declare()
    for _ in range(2):
        await restore(world)
        assert await world.adapter.open_incidents() == ["cpam-deposits-held"]
        assert await hold(world) == 1
        for minutes in (2, 10):
            await world.later(minutes=minutes)
            await world.adapter.ask()
        assert await hold(world) == 1
        assert (await world.adapter.get(submission)).state == "READY"
    once = ["restored", "query-not-found", "query-not-found", "may-resend"]
    assert await world.adapter.evidence(submission) == once * 2


async def test_a_doubt_that_the_lost_time_did_not_know_is_told(world):
    """The tenant had an account then, or the other declaration came later."""
    double, facts = await in_doubt(world)
    prepared = facts[:1]
    await forget(world)
    await world.declare(person_ref="a" * 64)
    await restore(world)
    await recall(world, *prepared)
    submission = await world.adapter.prepare(double)
    assert (await world.adapter.get(submission)).state == "HUMAN"
    assert await world.adapter.told(submission) == ["SubmissionDoubtful"]
    assert "submission-in-doubt" in await world.adapter.open_incidents()


async def test_the_hold_lasts_while_the_cpam_gives_no_answer_and_an_operator_may_end_it(world):
    submission = await world.declare()
    await restore(world)
    await hold(world)
    await world.cpam.fault("server-fault", operation="ConsulterStatut", calls=1)
    await world.later(minutes=2)
    await world.adapter.ask()
    assert await hold(world) == 0
    async with world.adapter.db.begin() as tx:
        await release_deposits(tx, world.adapter.incidents)
    assert await world.adapter.open_incidents() == []
    # What may be filed is asked about all the same.
    assert await world.adapter.submit() == 0
    assert (await world.adapter.get(submission)).state == "UNKNOWN"
    async with world.adapter.db.begin() as tx:
        with pytest.raises(Refused):
            await release_deposits(tx, world.adapter.incidents)


async def test_a_later_revision_is_asked_about_when_its_turn_comes(world):
    declared = await world.declaration()
    first = await world.adapter.prepare(declared)
    again = await world.declaration(
        DeclarationCorrected,
        declaration_id=declared.declaration_id,
        revision=2,
        change="correction",
    )
    second = await world.adapter.prepare(again, version=2)
    await restore(world)
    assert await hold(world) == 1
    for minutes in (2, 10):
        await world.later(minutes=minutes)
        await world.adapter.ask()
        await hold(world)
    assert await world.adapter.submit() == 1
    assert (await world.adapter.get(first)).state == "DEPOSITED"
    assert (await world.adapter.submit(), await hold(world)) == (0, 1)
    assert (await world.adapter.get(second)).state == "UNKNOWN"


async def test_what_was_told_in_the_lost_time_is_known_again_without_asking(world):
    await world.cpam.plan({"after": "PT1H", "verdict": "REJET", "code": "DROITS_NON_OUVERTS"})
    declared = await world.declaration()
    submission = await world.adapter.prepare(declared)
    await world.adapter.submit()
    await world.later(hours=1)
    await world.adapter.answers()
    before = await world.adapter.get(submission)
    facts = await world.adapter.news(submission)
    await forget(world)
    await restore(world)
    await recall(world, *facts)
    await world.adapter.prepare(declared)
    after = await world.adapter.get(submission)
    for name in ("state", "reference", "deposited_at", "last_answer_at", "envelope_sha256"):
        assert getattr(after, name) == getattr(before, name), name
    assert await world.adapter.told(submission) == []
    assert await hold(world) == 1
    assert await world.adapter.submit() == 0
    (filing,) = await world.cpam.filings()
    assert filing["count"] == 1


async def test_a_known_submission_moves_by_what_was_told_of_it(world):
    submission = await world.declare()
    names = (await world.adapter.get(submission)).names()
    now = world.clock.now()
    await restore(world)
    deposited = SubmissionAcknowledged(
        **names, reference="DEP-1", deposited_at=now, content_sha256="0" * 64
    )
    answered = SubmissionAnswered(**names, answer_id="1", verdict="in-progress", answered_at=now)
    await recall(world, deposited, answered)
    found = await world.adapter.get(submission)
    assert (found.state, found.reference, found.attempt) == ("IN_PROGRESS", "DEP-1", 1)
    assert await hold(world) == 1
    assert await world.adapter.submit() == 0
