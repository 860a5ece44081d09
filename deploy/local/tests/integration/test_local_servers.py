"""The servers of a laptop: they start as any user, and survive being killed."""

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from contracts.topics import TOPICS
from local_platform.postgres import Postgres, provide_database
from testkit.plugin import IssueToken


async def test_service_role_reads_and_writes_what_its_owner_makes_and_owns_nothing(
    postgres: Postgres,
) -> None:
    await provide_database(postgres, "trial")
    await provide_database(postgres, "other")
    owner = await asyncpg.connect(postgres.url("trial", "trial_owner", driver="postgresql"))
    await owner.execute("create table things (id int)")
    service = await asyncpg.connect(postgres.url("trial", "trial", driver="postgresql"))
    await service.execute("insert into things values (1)")
    assert await service.fetchval("select count(*) from things") == 1
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await service.execute("create table more (id int)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(postgres.url("other", "trial", driver="postgresql"))
    await owner.close()
    await service.close()


async def test_broker_has_every_topic_empty_when_a_test_asks_for_that(empty_topics: str) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=empty_topics)
    await consumer.start()
    try:
        places = [TopicPartition(each.name, n) for each in TOPICS for n in range(each.partitions)]
        assert set((await consumer.end_offsets(places)).values()) == {0}
    finally:
        await consumer.stop()


async def test_token_is_issued_for_a_client_of_the_directory(token: IssueToken) -> None:
    assert len(await token("sirh-kerbrat", "matcher")) > 100
