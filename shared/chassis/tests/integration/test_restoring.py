"""A service whose database was restored takes back what it published, and repeats no version."""

from uuid import UUID, uuid4

import pytest
from chassis.applying import Subscription
from chassis.db import Tx
from chassis.errors import Refused, Unavailable
from chassis.partitions import partition_of
from chassis.restoring import Recall, Restored, StillRunning, take_back
from contracts.envelope import Event
from sqlalchemy import text
from testkit.probe import AT, SERVICE, Noted, Probe, note_effect, on, running, until


async def published(probe: Probe, stream: UUID, *notes: str) -> None:
    await probe.note(stream, *notes)
    async with running(probe.relay()):
        await until(lambda: _is_empty(probe))


async def _is_empty(probe: Probe) -> bool:
    return await probe.one("select count(*) from outbox") == 0


async def go_back(probe: Probe, version: int) -> None:
    """The rows as a backup has them that was taken when streams stood at `version`."""
    async with probe.db.begin() as tx:
        for statement in (
            "delete from event_archive where version > :version",
            "update stream_head set version = :version where version > :version",
        ):
            await tx.execute(text(statement), {"version": version})


async def restored(probe: Probe, recall: Recall | None = None) -> tuple[int, int]:
    taken = await probe.take_back(probe.topic, recall or Recall())
    assert taken.refused == []
    return taken.epoch, taken.events


async def test_no_version_is_given_twice_and_readers_see_no_break(probe: Probe) -> None:
    stream, other = uuid4(), uuid4()
    await published(probe, stream, "a", "b", "c")
    await published(probe, other, "x")
    await go_back(probe, 1)
    assert await restored(probe) == (2, 2)
    await published(probe, stream, "d")
    sql = "select version, epoch from event_archive where stream_id = :stream order by id"
    assert await probe.rows(sql, stream=stream) == [(1, 1), (2, 1), (3, 1), (4, 2)]
    async with running(probe.consumer()):
        await until(lambda: _has(probe, stream, "d"))
    assert await probe.notes(stream) == ["a", "b", "c", "d"]
    assert await probe.incidents() == []


async def _has(probe: Probe, stream: UUID, note: str) -> bool:
    return note in await probe.notes(stream)


async def test_what_was_taken_back_can_be_replayed_as_the_same_bytes(probe: Probe) -> None:
    stream = uuid4()
    await published(probe, stream, "é", "b")
    sql = "select version, epoch, type, tenant, occurred_at, data from event_archive order by id"
    before = await probe.rows(sql)
    await go_back(probe, 0)
    await restored(probe)
    assert await probe.rows(sql) == before


async def test_done_twice_it_takes_nothing_back_and_raises_the_epoch_once_more(
    probe: Probe,
) -> None:
    await published(probe, uuid4(), "a", "b")
    await go_back(probe, 1)
    assert await restored(probe) == (2, 1)
    assert await restored(probe) == (3, 0)


async def test_the_service_hears_of_its_own_events_and_then_of_the_restore(probe: Probe) -> None:
    stream, heard = uuid4(), []

    async def begin(tx: object, told: Restored) -> None:
        heard.append(f"epoch {told.epoch}")

    async def remember(tx: object, event: Event, data: Noted) -> None:
        heard.append(data.note)

    await published(probe, stream, "a", "b", "c")
    await go_back(probe, 1)
    await restored(probe, Recall([Subscription(on(probe.topic), remember)], begin))
    assert heard == ["b", "c", "epoch 2"]


async def test_what_follows_a_refused_event_in_its_stream_waits_for_it(probe: Probe) -> None:
    stream, other = in_order_of_partitions()
    heard: list[str] = []

    async def remember(tx: object, event: Event, data: Noted) -> None:
        if data.note == "a" and "x" not in heard:
            raise Refused("not-yet")
        heard.append(data.note)

    await published(probe, stream, "a", "b")
    await published(probe, other, "x")
    await go_back(probe, 0)
    await restored(probe, Recall([Subscription(on(probe.topic), remember)]))
    assert heard == ["x", "a", "b"]


async def test_a_refused_event_may_be_possible_once_what_follows_it_is_known(probe: Probe) -> None:
    heard: list[str] = []

    async def remember(tx: object, event: Event, data: Noted) -> None:
        if data.note == "a" and "b" not in heard:
            raise Refused("not-yet")
        heard.append(data.note)

    await published(probe, uuid4(), "a", "b")
    await go_back(probe, 0)
    await restored(probe, Recall([Subscription(on(probe.topic), remember)]))
    assert heard == ["b", "a"]


async def test_what_breaks_off_has_changed_nothing_and_a_second_run_hears_all(probe: Probe) -> None:
    stream, other = in_order_of_partitions()
    breaks, heard = True, []

    async def remember(tx: Tx, event: Event, data: Noted) -> None:
        if breaks and data.note == "b":
            raise Refused("not-yet")
        if breaks and data.note == "y":
            raise Unavailable("kafka")
        await note_effect(tx, event, data)
        heard.append(data.note)

    async def begin(tx: object, told: Restored) -> None:
        heard.append(f"epoch {told.epoch}")

    recall = Recall([Subscription(on(probe.topic), remember)], begin)
    await published(probe, stream, "a", "b", "c")
    await published(probe, other, "x", "y")
    await go_back(probe, 1)
    sql = "select stream_id, version, number from stream_head cross join epoch order by 1"
    before = await probe.rows(sql)
    with pytest.raises(Unavailable):
        await restored(probe, recall)
    assert await probe.rows(sql) == before
    assert await probe.notes(other) == heard == []
    breaks = False
    assert await restored(probe, recall) == (2, 3)
    assert heard == ["b", "c", "y", "epoch 2"]


async def test_the_epoch_rises_above_that_of_an_earlier_restore_which_was_forgotten(
    probe: Probe,
) -> None:
    stream = uuid4()
    await published(probe, stream, "a", "b")
    await go_back(probe, 1)
    await restored(probe)
    await published(probe, stream, "c")
    await go_back(probe, 1)
    async with probe.db.begin() as tx:
        await tx.execute(text("update epoch set number = 1"))
    assert await restored(probe) == (3, 2)


def in_order_of_partitions() -> tuple[UUID, UUID]:
    """Two streams, of which the log is read in this order."""
    first, second = sorted((uuid4(), uuid4()), key=partition_of)
    if partition_of(first) == partition_of(second):
        return in_order_of_partitions()
    return first, second


async def test_a_log_that_is_not_the_one_archived_is_read_from_its_start(probe: Probe) -> None:
    await published(probe, uuid4(), "a", "b")
    await go_back(probe, 1)
    async with probe.db.begin() as tx:
        await tx.execute(text("update event_archive set stream_id = :other"), {"other": uuid4()})
        await tx.execute(text("delete from stream_head"))
    assert await restored(probe) == (2, 2)


async def test_refused_while_the_service_runs(probe: Probe) -> None:
    await probe.note(uuid4(), "a")
    async with running(probe.relay()):
        await until(lambda: _is_empty(probe))
        with pytest.raises(StillRunning):
            await restored(probe)
    assert await probe.one("select number from epoch") == 1
    async with probe.db.begin():
        with pytest.raises(StillRunning):
            await take_back(
                probe.db,
                probe.url,
                probe.broker,
                SERVICE,
                written=[],
                read=[],
                recall=Recall(),
                at=AT,
            )
