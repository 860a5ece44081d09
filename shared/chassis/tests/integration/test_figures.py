"""Gauges of the database: as it is at the scrape, in every process, and none while it is away."""

import contextlib
from uuid import uuid4

from chassis.db import Database, after_commit, savepoint
from chassis.figures import Figure, Figures, of_mechanisms
from prometheus_client import REGISTRY, Counter, Gauge
from testkit.probe import Probe, running, until

SAMPLE = Gauge("sample_figure", "Of these tests", ["kind"])
SAMPLES = Counter("samples", "Of these tests")


def shown(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


async def test_the_outbox_is_seen_to_grow_while_nothing_is_sent(probe: Probe) -> None:
    await probe.note(uuid4(), "a", "b")
    await Figures(probe.topic, probe.db.begin, of_mechanisms(probe.topic)).refresh()
    assert shown("jonction_outbox_rows", service=probe.topic) == 2
    age = shown("jonction_outbox_oldest_seconds", service=probe.topic)
    assert age is not None
    assert age > 0


async def test_a_process_that_does_not_lead_shows_what_another_has_sent(probe: Probe) -> None:
    figures = Figures(
        probe.topic,
        probe.db.begin,
        [Figure(each.gauge, each.read, every_seconds=0) for each in of_mechanisms(probe.topic)],
    )
    await probe.note(uuid4(), "a")
    await figures.refresh()
    async with running(probe.relay()):
        await until(lambda: _nothing_left(probe))
    await figures.refresh()
    assert shown("jonction_outbox_rows", service=probe.topic) == 0
    assert shown("jonction_outbox_oldest_seconds", service=probe.topic) == 0


async def _nothing_left(probe: Probe) -> bool:
    return await probe.one("select count(*) from outbox") == 0


async def test_open_incidents_are_counted_by_kind(probe: Probe) -> None:
    await probe.rows(
        "insert into incident (id, kind, key, detail, opened_at) values"
        " (:id, 'another-log', 'k', '{}', clock_timestamp()) returning id",
        id=uuid4(),
    )
    await Figures(probe.topic, probe.db.begin, of_mechanisms(probe.topic)).refresh()
    assert shown("jonction_incidents_open", service=probe.topic, kind="another-log") == 1


async def test_a_figure_is_not_read_again_before_its_time(probe: Probe) -> None:
    read = []

    async def values(tx):
        read.append(tx)
        return {("kept",): len(read)}

    figures = Figures(probe.topic, probe.db.begin, [Figure(SAMPLE, values, every_seconds=3600)])
    await figures.refresh()
    await figures.refresh()
    assert shown("sample_figure", kind="kept") == 1


async def test_without_a_database_there_is_no_value_instead_of_an_old_one(probe: Probe) -> None:
    SAMPLE.labels("old").set(1)
    absent = Database(f"{probe.url}_absent")

    async def values(tx):
        return {("old",): 2}

    await Figures(probe.topic, absent.begin, [Figure(SAMPLE, values)]).refresh()
    assert shown("sample_figure", kind="old") is None
    assert shown("jonction_figures_unread", service=probe.topic) == 1
    await absent.close()


async def test_what_is_rolled_back_is_not_counted(probe: Probe) -> None:
    before = shown("samples_total")
    async with probe.db.begin() as tx:
        after_commit(tx, SAMPLES.inc)
    with contextlib.suppress(LookupError):
        async with probe.db.begin() as tx:
            after_commit(tx, SAMPLES.inc)
            raise LookupError
    assert shown("samples_total") == before + 1


async def test_what_is_rolled_back_to_a_savepoint_is_not_counted(probe: Probe) -> None:
    before = shown("samples_total")
    async with probe.db.begin() as tx:
        after_commit(tx, SAMPLES.inc)
        with contextlib.suppress(LookupError):
            async with savepoint(tx):
                after_commit(tx, SAMPLES.inc)
                raise LookupError
        async with savepoint(tx):
            after_commit(tx, SAMPLES.inc)
    assert shown("samples_total") == before + 2
