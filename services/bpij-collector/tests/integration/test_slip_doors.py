"""The whole service as a process: from the caisse's deposit to a record on Kafka."""

import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from chassis import kafka as clients
from chassis.partitions import partition_of
from contracts.envelope import decode
from contracts.events import StatementReceived
from contracts.topics import STATEMENTS
from local_platform.processes import free_port, spawn, stop
from testkit.plugin import NewDatabase


async def test_slip_of_the_caisse_comes_out_on_kafka(
    caisse: Any, case_a: list[dict[str, Any]], tmp_path: Path, keys_dir: Path, kafka: str,
    directory_file: Path, environment: Callable[..., dict[str, str]], new_database: NewDatabase,
    person_refs: Any,
) -> None:  # fmt: skip
    port = free_port()
    settings = environment(
        port=port, database=(await new_database("bpij-collector")).service, kafka=kafka,
        keys=keys_dir, directory=directory_file, clock=f"{caisse.url}/clock", cpam=caisse.url,
        slips_poll_seconds=0.1,
    )  # fmt: skip
    command = [sys.executable, "-m", "bpij_collector", "all"]
    service = spawn(command, log=tmp_path / "log", env=settings)
    await caisse.pay(case_a)
    reader = clients.AIOKafkaConsumer(
        STATEMENTS.name, bootstrap_servers=kafka, auto_offset_reset="earliest"
    )
    await reader.start()
    ours = person_refs.person_ref("menuiserie-kerbrat", "1850475112042")
    try:
        async with asyncio.timeout(60):
            async for record in reader:
                event = decode(record.value)
                if event.data["person_ref"] == ours:
                    break
            await _quiet(port)
    finally:
        await reader.stop()
        stop(service, by=signal.SIGTERM, seconds=15)
    assert service.returncode == 0, (tmp_path / "log").read_text()
    received = StatementReceived.model_validate(event.data)
    assert (event.type, event.version, event.tenant) == (
        StatementReceived.type, 1, "menuiserie-kerbrat",
    )  # fmt: skip
    assert event.subject == received.statement_id
    assert record.partition == partition_of(received.statement_id)
    assert str(received.total) == "662.52"


async def _quiet(port: int) -> None:
    """The director of the demo asks this before it jumps."""
    async with httpx.AsyncClient(trust_env=False) as http:
        while True:
            reading = (await http.get(f"http://127.0.0.1:{port}/quiescence")).json()
            if not (reading["outbox"] or reading["lag"] or reading["due"]):
                return
            await asyncio.sleep(0.1)
