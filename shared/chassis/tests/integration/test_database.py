"""The database as services find it: tables, rights, durability, and its absence."""

import asyncio
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from chassis import tables
from chassis.db import Database, Forgetful, is_transient
from local_platform.postgres import Postgres
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.exc import DBAPIError
from testkit.probe import Probe, running, until


def difference(connection: Connection) -> list[object]:
    metadata = MetaData()
    tables.attach(metadata)
    options = {"compare_type": True, "compare_server_default": True}
    context = MigrationContext.configure(connection, opts=options)
    found = compare_metadata(context, metadata)
    return [each for each in found if "effect" not in str(each)]


async def test_migration_makes_the_tables_that_the_code_declares(probe: Probe) -> None:
    async with probe.db.begin() as tx:
        assert await tx.run_sync(difference) == []


async def test_service_role_owns_nothing_and_cannot_change_tables(probe: Probe) -> None:
    owned = "select count(*) from pg_class where relowner = current_user::regrole"
    assert await probe.one(owned) == 0
    with pytest.raises(DBAPIError, match="must be owner"):
        await probe.rows("alter table outbox add column more text")


async def test_sequence_of_the_outbox_has_no_cache(probe: Probe) -> None:
    assert (
        await probe.one("select cache_size from pg_sequences where sequencename = 'outbox_id_seq'")
        == 1
    )


async def test_database_that_may_forget_commits_is_refused(
    probe: Probe, postgres: Postgres
) -> None:
    name = probe.url.rsplit("/", 1)[1]
    admin = await postgres.connect()
    await admin.execute(f'alter database "{name}" set synchronous_commit = off')
    await admin.close()
    forgetful = Database(probe.url)
    with pytest.raises(Forgetful, match="synchronous_commit = off"):
        async with forgetful.begin():
            raise AssertionError("no transaction may open")
    assert "synchronous_commit = off" in str(await forgetful.ready())
    await forgetful.close()


async def test_commands_over_a_dead_connection_are_transient_and_the_pool_heals(
    probe: Probe,
) -> None:
    kill = """
        select count(pg_terminate_backend(pid)) from pg_stat_activity
        where pid <> pg_backend_pid() and usename = current_user and datname = current_database()
    """

    async def lose_the_connection() -> None:
        async with probe.db.begin() as tx:
            await tx.execute(text("select 1"))
            await probe.one(kill)
            await tx.execute(text("select 1"))

    with pytest.raises(DBAPIError) as raised:
        await lose_the_connection()
    assert is_transient(raised.value)
    assert await probe.db.ready() is None


async def test_relay_and_consumer_survive_the_loss_of_every_connection(probe: Probe) -> None:
    stream, consumer = uuid4(), probe.consumer()
    kill = """
        select count(pg_terminate_backend(pid)) from pg_stat_activity
        where pid <> pg_backend_pid() and usename = current_user
          and datname = current_database()
    """
    async with running(probe.relay(), consumer):
        for number in range(10):
            await probe.note(stream, str(number))
            if number % 3 == 0:
                await probe.one(kill)
            await asyncio.sleep(0.05)
        await until(lambda: consumer.tally.applied >= 10)
        await until(lambda: probe.one("select count(*) = 0 from outbox"))
    assert await probe.notes(stream) == [str(number) for number in range(10)]
    assert await probe.incidents(only_open=False) == []


async def test_parts_that_start_before_the_database_wait_for_it(
    probe: Probe,
) -> None:
    absent = Probe(
        f"{probe.url}_absent", probe.broker, probe.topic, Database(f"{probe.url}_absent")
    )
    relay, consumer = absent.relay(), absent.consumer()
    async with running(relay, consumer):
        await until(lambda: relay._trouble == "database: InvalidCatalogNameError")
        assert (await relay.ready(), await absent.db.ready()) != (None, None)
    await absent.db.close()
