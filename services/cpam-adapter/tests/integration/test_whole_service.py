"""The service as it runs: a declaration from Kafka, a deposit by SOAP, news to Kafka."""

import signal
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from chassis.partitions import partition_of
from contracts.envelope import compose, decode


async def publish(kafka, data):
    event = compose(
        topic=data.topic,
        source="declaration-gateway",
        type=data.type,
        stream=data.declaration_id,
        version=1,
        epoch=1,
        tenant="menuiserie-kerbrat",
        time=datetime(2026, 3, 2, 7, tzinfo=UTC),
        traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        data=data.model_dump_json().encode(),
    )
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        stream = data.declaration_id
        await producer.send_and_wait(
            data.topic, event.encode(), str(stream).encode(), partition=partition_of(stream)
        )


async def news_of(kafka, submission, count):
    partition = TopicPartition("submissions.v1", partition_of(submission))
    reader = AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest")
    await reader.start()
    reader.assign([partition])
    found = []
    while len(found) < count:
        fetched = await reader.getmany(timeout_ms=20_000)
        assert fetched, f"only {[event.type for event in found]}"
        records = [decode(record.value) for batch in fetched.values() for record in batch]
        found += [event for event in records if event.subject == submission]
    await reader.stop()
    return found


async def test_a_declaration_goes_from_kafka_to_the_cpam_and_its_answers_come_back(
    world, processes, empty_topics
):
    await world.cpam.plan({"after": "PT26H", "verdict": "CONFIRMATION_TRAITEMENT"})
    declaration = await world.declaration()
    await publish(empty_topics, declaration)
    process = processes(world.database_url, kafka=empty_topics)
    submission = world.submission_of(declaration)
    await news_of(empty_topics, submission, 2)
    await world.later(hours=26)
    news = await news_of(empty_topics, submission, 3)
    assert [event.type.rpartition(".")[2] for event in news] == [
        "prepared",
        "acknowledged",
        "answered",
    ]
    assert [event.version for event in news] == [1, 2, 3]
    assert {event.traceparent[3:35] for event in news} == {"4bf92f3577b34da6a3ce929d0e0e4736"}
    assert [filing["count"] for filing in await world.cpam.filings()] == [1]
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
