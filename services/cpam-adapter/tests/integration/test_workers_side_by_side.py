"""Two workers on one group, one database and one CPAM account, the second killed in the middle."""

import asyncio
from collections import Counter, defaultdict
from datetime import UTC, datetime
from functools import partial

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from chassis.partitions import partition_of
from contracts.envelope import compose, decode
from contracts.topics import PARTITIONS, SUBMISSIONS
from local_platform.processes import free_port
from testkit.fronts import is_ready, read_total

DECLARED = 48
TOLD = ["acknowledged", "answered", "answered", "prepared"]


async def until(condition, seconds=90.0):
    end = asyncio.get_running_loop().time() + seconds
    while not await condition():
        assert asyncio.get_running_loop().time() < end, "did not come true"
        await asyncio.sleep(0.1)


def nir_of(number):
    return f"2850329001{number + 1:03d}"


async def plan_answers(world):
    """Two for each arrêt, of which one is due at once."""
    scripts = [
        {
            "name": f"person-{number}",
            "match": {
                "siret": "99912300300017",
                "nir": nir_of(number),
                "first_day": "2026-03-02",
            },
            "answers": [
                {"after": "PT0S", "verdict": "CONFIRMATION_TRAITEMENT"},
                {"after": "PT24H", "verdict": "REJET", "code": "DROITS_NON_OUVERTS"},
            ],
        }
        for number in range(DECLARED)
    ]
    await world.cpam.call("POST", "/control/scripts", scripts)


async def publish(kafka, declarations):
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        for data in declarations:
            event = compose(
                topic=data.topic,
                source="declaration-gateway",
                type=data.type,
                stream=data.declaration_id,
                version=1,
                epoch=1,
                tenant="menuiserie-kerbrat",
                time=datetime(2026, 3, 2, 7, tzinfo=UTC),
                traceparent=None,
                data=data.model_dump_json().encode(),
            )
            stream = data.declaration_id
            await producer.send_and_wait(
                data.topic, event.encode(), str(stream).encode(), partition=partition_of(stream)
            )


async def news(kafka):
    """By submission: its events as a reader who drops repeats has them."""
    reader = AIOKafkaConsumer(bootstrap_servers=kafka)
    await reader.start()
    places = [TopicPartition(SUBMISSIONS.name, number) for number in range(PARTITIONS)]
    reader.assign(places)
    await reader.seek_to_beginning()
    ends = await reader.end_offsets(places)
    told = defaultdict(dict)
    while any([await reader.position(place) < ends[place] for place in places]):
        for records in (await reader.getmany(timeout_ms=1000)).values():
            for event in (decode(record.value) for record in records):
                told[event.subject].setdefault(event.version, event)
    await reader.stop()
    return {
        subject: [events[version] for version in sorted(events)] for subject, events in told.items()
    }


async def all_deposit(ports):
    return all([await read_total(port, "jonction_cpam_deposits_total") for port in ports])


async def states(world):
    rows = await world.adapter.rows("select state, count(*) from submission group by state")
    return {row["state"]: row["count"] for row in rows}


async def test_two_workers_file_and_answer_once_though_one_is_killed(
    world, processes, empty_topics
):
    await plan_answers(world)
    declared = [
        await world.declaration(
            person={"nir": nir_of(number), "family_name": "EXEMPLE", "given_names": "Alix"},
            person_ref=f"{number:064d}",
        )
        for number in range(DECLARED)
    ]
    ports = [free_port(), free_port()]
    settings = {"kafka": empty_topics, "lease_seconds": 10, "parallel_sends": 2}
    workers = [processes(world.database_url, port=port, **settings) for port in ports]
    for port in ports:
        await until(partial(is_ready, port))
    # So that the one that is killed has deposits under way.
    await world.cpam.fault("slow", seconds=0.3, calls=None)
    await publish(empty_topics, declared)
    await until(partial(all_deposit, ports))
    workers[1].kill()
    workers[1].wait()

    async def filed_and_answered():
        [asked] = await world.adapter.rows("select min(next_action_at) as at from submission")
        if asked["at"] is not None and asked["at"] > world.clock.now():
            await world.move_to(asked["at"])
        return await states(world) == {"IN_PROGRESS": DECLARED}

    await until(filed_and_answered)
    await world.later(hours=24)

    async def all_confirmed():
        rows = await world.adapter.rows("select 1 from answer where not confirmed")
        return not rows and await states(world) == {"REJECTED": DECLARED}

    await until(all_confirmed)
    ledger = await world.cpam.call("GET", "/control/ledger")
    assert Counter(filing["count"] for filing in ledger["filings"]) == {1: DECLARED}
    assert ledger["doubles"] == []

    async def all_told():
        rows = await world.adapter.rows("select 1 from outbox")
        return not rows

    await until(all_told)
    told = await news(empty_topics)
    assert len(told) == DECLARED
    for events in told.values():
        assert [event.version for event in events] == [1, 2, 3, 4]
        # Of one whose worker was killed, the answer may be the first proof of the deposit.
        assert sorted(event.type.rpartition(".")[2] for event in events) == TOLD
    applied = await world.adapter.rows("select state, count(*) from answer group by state")
    assert applied == [{"state": "applied", "count": 2 * DECLARED}]
