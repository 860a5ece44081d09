"""The notifier as a process, between a real Kafka, a real PostgreSQL and a real mail server."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from chassis.failpoints import KILLED
from chassis.http import http_client
from chassis.partitions import key_of, partition_of
from contracts.envelope import compose
from contracts.events import EventData
from local_platform.processes import free_port, spawn, stop
from notifier.store.tables import metadata
from sqlalchemy.ext.asyncio import create_async_engine
from testkit.databases import DatabaseUrls
from testkit.mailbox import Mailbox

NewDatabase = Callable[[str], Awaitable[DatabaseUrls]]


@dataclass
class Process:
    settings: dict[str, object]
    log: Path
    running: "subprocess.Popen[bytes] | None" = None

    def start(self, failpoint: str | None = None) -> "subprocess.Popen[bytes]":
        settings = self.settings | ({"failpoint": failpoint} if failpoint else {})
        environment = {"PATH": os.environ["PATH"]}
        environment |= {f"JONCTION_{name.upper()}": str(value) for name, value in settings.items()}
        self.running = spawn(
            [sys.executable, "-m", "notifier", "all"], log=self.log, env=environment
        )
        return self.running


@pytest.fixture
async def process(
    tmp_path: Path,
    keys_dir: Path,
    directory_file: Path,
    new_database: NewDatabase,
    empty_topics: str,
    mailbox: Mailbox,
) -> AsyncIterator[Process]:
    settings: dict[str, object] = {
        "mode": "test",
        "port": free_port(),
        "database": (await new_database("notifier")).service,
        "kafka": empty_topics,
        "keys": keys_dir,
        "directory": directory_file,
        "smtp_port": mailbox.port,
        "smtp_tls": "off",
        "mail_poll_seconds": 0.1,
        "mail_lease_seconds": 2,
    }
    found = Process(settings, tmp_path / "log")
    yield found
    if found.running is not None:
        stop(found.running, by=signal.SIGTERM, seconds=20)


@pytest.fixture
async def reader(
    process: Process, token: Callable[[str, str], Awaitable[str]]
) -> AsyncIterator[httpx.AsyncClient]:
    bearer = await token("sirh-kerbrat", "notifier")
    async with http_client(
        base_url=f"http://127.0.0.1:{process.settings['port']}",
        headers={"Authorization": f"Bearer {bearer}"},
    ) as client:
        yield client


async def tell(kafka: str, stream: Any, *facts: EventData) -> None:
    """As the matcher's relay does."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all")
    await producer.start()
    for version, data in enumerate(facts, start=1):
        event = compose(
            topic=data.topic,
            source="matcher",
            type=data.type,
            stream=stream,
            version=version,
            epoch=1,
            tenant="menuiserie-kerbrat",
            time=data.model_dump().get("missed_at") or data.model_dump()["ended_at"],
            traceparent=None,
            data=data.model_dump_json().encode(),
        )
        await producer.send_and_wait(
            data.topic, event.encode(), key=key_of(stream), partition=partition_of(stream)
        )
    await producer.stop()


async def alert_with(reader: httpx.AsyncClient, case: Any, mails: list[tuple[str, str]]) -> Any:
    """The case's alert once its mails stand like this."""

    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(httpx.HTTPError):
                answer = await reader.get(
                    "/v1/alerts", params={"declaration_id": str(case.declaration_id)}
                )
                for alert in answer.raise_for_status().json()["items"]:
                    if [(mail["kind"], mail["state"]) for mail in alert["mails"]] == mails:
                        return alert
            await asyncio.sleep(0.1)


async def test_overdue_case_becomes_two_mails_and_one_resolved_alert(
    process: Process, reader: httpx.AsyncClient, empty_topics: str, case: Any, mailbox: Mailbox
) -> None:
    running = process.start()
    await tell(empty_topics, case.case_id, case.overdue(), case.overdue_ended())
    alert = await alert_with(reader, case, [("start", "sent"), ("end", "sent")])

    assert (alert["state"], alert["resolution"]) == ("resolved", "came")
    assert [message["Message-ID"].split(".")[1][:3] for message in mailbox.messages] == [
        "sta",
        "end",
    ]
    assert mailbox.recipients[0] == [
        "paie@menuiserie-kerbrat.example",
        "rh@menuiserie-kerbrat.example",
    ]
    stop(running, by=signal.SIGTERM, seconds=20)
    assert running.returncode == 0, process.log.read_text()


@pytest.mark.parametrize("failpoint", ["notifier.after_send", "notifier.before_commit"])
async def test_killed_around_the_record_repeats_the_same_message_id_and_loses_nothing(
    process: Process,
    reader: httpx.AsyncClient,
    empty_topics: str,
    case: Any,
    mailbox: Mailbox,
    *,
    failpoint: str,
) -> None:
    killed = process.start(failpoint)
    await tell(empty_topics, case.case_id, case.overdue())
    assert await asyncio.to_thread(killed.wait, 60) == KILLED
    process.start()
    await alert_with(reader, case, [("start", "sent")])

    first, second = mailbox.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert (first["X-Jonction-Attempt"], second["X-Jonction-Attempt"]) == (None, "2")


async def test_another_tenant_and_an_hris_see_no_more_than_is_theirs(
    process: Process,
    reader: httpx.AsyncClient,
    empty_topics: str,
    case: Any,
    token: Callable[[str, str], Awaitable[str]],
) -> None:
    process.start()
    await tell(empty_topics, case.case_id, case.overdue())
    alert = await alert_with(reader, case, [("start", "sent")])
    address = f"/v1/alerts/{alert['alert_id']}"

    for client, status, count in (("sirh-delorme", 404, 0), ("exploitation", 200, 1)):
        headers = {"Authorization": f"Bearer {await token(client, 'notifier')}"}
        assert (await reader.get(address, headers=headers)).status_code == status
        found = await reader.get(
            "/v1/alerts", headers=headers, params={"declaration_id": str(case.declaration_id)}
        )
        assert len(found.json()["items"]) == count
    assert (await reader.get("/v1/alerts?cursor=%F0")).status_code == 400
    assert (await reader.get("/v1/alerts", headers={"Authorization": ""})).status_code == 401


async def test_the_migrations_make_the_tables_that_the_code_knows(
    new_database: NewDatabase,
) -> None:
    engine = create_async_engine((await new_database("notifier")).owner)
    async with engine.connect() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(
                MigrationContext.configure(sync, opts={"compare_type": True}), metadata
            )
        )
    await engine.dispose()
    assert differences == []
