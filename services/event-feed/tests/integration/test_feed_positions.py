"""I34, W1, W2: positions 1..n without hole, in commit order, whoever comes when or dies."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from chassis.db import Database
from chassis.directory import Directory, Reader
from chassis.failpoints import KILLED
from contracts import events
from event_feed.domain.visibility import Visibility
from event_feed.flows.place_entries import place_entries
from event_feed.store import entries
from event_feed.store.tables import entry, item
from sqlalchemy import select

Record = Callable[..., Awaitable[None]]
Place = Callable[[], Awaitable[int]]


@pytest.fixture
def place(db: Database, directory: Directory, visibility: Visibility) -> Place:
    async def until_nothing_is_left() -> int:
        total = 0
        while placed := await place_entries(db.begin, directory.readers, visibility):
            total += placed
        return total

    return until_nothing_is_left


async def feed_of(db: Database, reader: str) -> list[Any]:
    """Position, event id, type, stream and version, in the order of positions."""
    columns = (item.c.position, entry.c.event_id, entry.c.type, entry.c.stream_id, entry.c.version)
    async with db.begin() as tx:
        found = await tx.execute(
            select(*columns)
            .join(entry, entry.c.event_id == item.c.event_id)
            .where(item.c.reader == reader)
            .order_by(item.c.position)
        )
        return list(found.all())


def short(rows: list[Any]) -> list[str]:
    return [row.type.removeprefix("fr.jonction.") for row in rows]


def assert_gapless(rows: list[Any]) -> None:
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    versions: dict[UUID, int] = {}
    for row in rows:
        assert row.version > versions.get(row.stream_id, 0)
        versions[row.stream_id] = row.version


async def test_event_before_its_declaration_waits_for_it(
    db: Database, story: Any, recorded: Record, place: Place
) -> None:
    told = story()
    await recorded(db, told.case(), told.acknowledged())
    assert await place() == 0
    assert await feed_of(db, "prevoyance-aurore") == []
    await recorded(db, await told.declared())
    assert await place() == 3
    rows = await feed_of(db, "prevoyance-aurore")
    assert short(rows) == ["declaration.submitted", "case.opened", "submission.acknowledged"]
    assert_gapless(rows)


async def test_statement_waits_until_a_case_is_matched_with_it(
    db: Database, story: Any, recorded: Record, place: Place
) -> None:
    told = story()
    statement = await told.paid()
    await recorded(db, statement)
    await recorded(db, await told.declared(), told.case())
    await place()
    assert short(await feed_of(db, "prevoyance-aurore")) == ["declaration.submitted", "case.opened"]
    await recorded(db, told.matched(statement.stream))
    assert await place() == 2
    rows = await feed_of(db, "prevoyance-aurore")
    assert short(rows)[2:] == ["statement.received", "case.matched"]
    async with db.begin() as tx:
        placed = await tx.execute(select(item.c.declaration_id).distinct())
        assert placed.scalars().all() == [told.declaration_id]
        assert await entries.count_waiting(tx) == 0


async def test_match_before_its_statement_and_before_its_declaration_loses_nothing(
    db: Database, story: Any, recorded: Record, place: Place
) -> None:
    told = story()
    statement = await told.paid()
    await recorded(db, told.case(), told.matched(statement.stream))
    await recorded(db, await told.declared())
    await place()
    await recorded(db, statement)
    await place()
    rows = await feed_of(db, "prevoyance-aurore")
    assert short(rows) == [
        "declaration.submitted", "case.opened", "case.matched", "statement.received",
    ]  # fmt: skip
    assert_gapless(rows)


async def test_event_twice_is_one_entry(
    db: Database, story: Any, recorded: Record, place: Place
) -> None:
    told = story()
    declared = await told.declared()
    await recorded(db, declared, declared)
    await place()
    await recorded(db, declared)
    await place()
    assert len(await feed_of(db, "prevoyance-aurore")) == 1


async def test_reader_gets_the_tenants_and_types_it_covers_and_no_other(
    db: Database, story: Any, recorded: Record, place: Place
) -> None:
    kerbrat, delorme = story(), story(tenant="transports-delorme")
    for told in (kerbrat, delorme):
        await recorded(db, await told.declared(), told.prepared(), told.acknowledged())
    await place()
    insurer = await feed_of(db, "prevoyance-aurore")
    assert short(insurer) == ["declaration.submitted", "submission.acknowledged"] * 2
    hris = await feed_of(db, "retour-kerbrat")
    assert short(hris) == [
        "declaration.submitted", "submission.prepared", "submission.acknowledged",
    ]  # fmt: skip
    assert {row.stream_id for row in hris}.isdisjoint({delorme.declaration_id})
    for rows in (insurer, hris):
        assert [row.position for row in rows] == list(range(1, len(rows) + 1))


async def test_event_of_another_tenant_does_not_follow_a_declaration_that_it_names(
    db: Database, story: Any, recorded: Record, place: Place
) -> None:
    told = story()
    stranger = story(tenant="transports-delorme", declaration_id=told.declaration_id)
    await recorded(db, await told.declared(), stranger.case())
    assert await place() == 1


async def test_positions_are_gapless_under_concurrent_writers_and_placers(
    db: Database, story: Any, recorded: Record, directory: Directory, visibility: Visibility
) -> None:
    writers, each_writes = 6, 8
    writing = True

    async def write() -> None:
        for _ in range(each_writes):
            told = story()
            opened = told.case()
            await recorded(db, opened, told.acknowledged())
            await recorded(db, await told.declared(), told.case(events.CaseExpected))

    async def keep_placing() -> None:
        while writing or await place_entries(db.begin, directory.readers, visibility):
            await place_entries(db.begin, directory.readers, visibility)

    seen: list[int] = []

    async def poll_at_the_edge() -> None:
        """A reader that follows its last position must never have missed one."""
        while writing or len(seen) < writers * each_writes * 4:
            async with db.begin() as tx:
                found = await tx.execute(
                    select(item.c.position)
                    .where(item.c.reader == "prevoyance-aurore")
                    .where(item.c.position > (seen[-1] if seen else 0))
                    .order_by(item.c.position)
                )
                seen.extend(found.scalars())

    placers = [asyncio.create_task(keep_placing()) for _ in range(2)]
    poller = asyncio.create_task(poll_at_the_edge())
    await asyncio.gather(*(write() for _ in range(writers)))
    writing = False
    await asyncio.wait_for(asyncio.gather(poller, *placers), 30)
    rows = await feed_of(db, "prevoyance-aurore")
    assert len(rows) == writers * each_writes * 4
    assert_gapless(rows)
    assert seen == [row.position for row in rows]


_PLACER = """
import asyncio, sys
from pathlib import Path
import event_feed
from chassis import failpoints
from chassis.db import Database
from chassis.directory import Directory
from event_feed.domain.visibility import Visibility
from event_feed.flows.place_entries import place_entries

async def main(url, directory, failpoint):
    failpoints.arm(failpoint)
    visibility = Visibility.load(Path(event_feed.__file__).with_name("fields.toml"))
    await place_entries(Database(url).begin, Directory.load(Path(directory)).readers, visibility)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("failpoint", ["feed.mid_batch", "feed.mid_batch@2", "feed.before_commit"])
async def test_placer_killed_in_a_batch_leaves_no_hole_and_no_repeat(
    new_database: Any, directory_file: Any, story: Any, recorded: Record, failpoint: str,
    directory: Directory, visibility: Visibility,
) -> None:  # fmt: skip
    urls = await new_database("event-feed")
    db = Database(urls.service)
    told = story()
    await recorded(db, await told.declared(), told.case(), told.acknowledged())
    killed = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", _PLACER, urls.service, str(directory_file), failpoint],
        check=False,
    )
    assert killed.returncode == KILLED
    assert await feed_of(db, "prevoyance-aurore") == []
    await place_entries(db.begin, directory.readers, visibility)
    for reader in ("prevoyance-aurore", "retour-kerbrat"):
        rows = await feed_of(db, reader)
        assert len(rows) == 3
        assert_gapless(rows)
    await db.close()


async def test_batch_larger_than_the_limit_is_placed_in_order(
    db: Database, story: Any, recorded: Record, directory: Directory, visibility: Visibility,
    place: Place,
) -> None:  # fmt: skip
    told = story()
    await recorded(db, *(told.case(events.CaseExpected) for _ in range(600)))
    await recorded(db, await told.declared())
    assert await place_entries(db.begin, directory.readers, visibility) == 500
    assert await place() == 101
    rows = await feed_of(db, "prevoyance-aurore")
    assert short(rows)[0] == "declaration.submitted"
    assert_gapless(rows)


async def test_reader_without_events_has_an_empty_head_and_no_position(
    db: Database, story: Any, recorded: Record, visibility: Visibility
) -> None:
    told = story()
    await recorded(db, await told.declared())
    nobody = Reader(id="autre", kind="insurer", name="Autre", tenants=())
    assert await place_entries(db.begin, [nobody], visibility) == 1
    assert await feed_of(db, "autre") == []
