"""How a service gets in: with its password, over a certificate that holds."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from chassis.broker import Broker
from local_platform.certificates import Authority
from local_platform.cluster import COPIES, Cluster
from local_platform.environment import kafka_settings, variables
from local_platform.material import Material
from testkit.databases import DatabaseUrls
from testkit.probe import Probe, running, until

pytestmark = pytest.mark.timeout(300)
NewDatabase = Callable[[str], Awaitable[DatabaseUrls]]


async def start_matcher(
    urls: DatabaseUrls, broker: Broker, material: Material
) -> tuple[int, list[str]]:
    """Exit code and what it said."""
    given: dict[str, object] = {
        "mode": "test",
        "database": urls.service,
        "directory": material.directory,
        "keys": material.keys("matcher"),
        **kafka_settings(broker),
    }
    process = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "matcher", "all"],
        env=variables(given),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return process.returncode, (process.stdout + process.stderr).splitlines()


async def test_wrong_password_stops_the_start_and_names_its_setting(
    kafka_node: Cluster, new_database: NewDatabase, material: Material
) -> None:
    urls = await new_database("matcher")
    right = kafka_node.broker("matcher")
    for wrong in (replace(right, password="another"), replace(right, user="nobody")):
        code, told = await start_matcher(urls, wrong, material)
        assert code == 2, told
        (line,) = told
        assert line.startswith("jonction: JONCTION_KAFKA_USER")
        assert "JONCTION_KAFKA_PASSWORD" in line
        assert wrong.password not in line


async def test_another_authority_stops_the_start_and_names_its_setting(
    kafka_node: Cluster, new_database: NewDatabase, material: Material, tmp_path: Any
) -> None:
    urls = await new_database("matcher")
    stranger = Authority(tmp_path / "stranger.pem")
    wrong = replace(kafka_node.broker("matcher"), authority=stranger.file)
    code, told = await start_matcher(urls, wrong, material)
    assert code == 2, told
    (line,) = told
    assert line.startswith("jonction: JONCTION_KAFKA_CA")


async def test_expired_certificate_is_waited_for_with_one_line_until_it_is_renewed(
    probe: Probe, kafka_node: Cluster, capfd: pytest.CaptureFixture[str]
) -> None:
    stream = uuid4()
    relay, consumer = probe.relay(), probe.consumer()
    async with running(relay, consumer):
        await probe.note(stream, "a")
        await until(lambda: consumer.tally.applied == 1)
        try:
            await show_certificates(kafka_node, until=datetime.now(UTC) - timedelta(minutes=1))
            await probe.note(stream, "b")
            await until(lambda: "certificate" in str(relay._trouble), 60)
            await until(lambda: "certificate" in str(consumer._trouble), 60)
            assert "certificate has expired" in str(await relay.ready())
            told = capfd.readouterr()
            lines = [each for each in (told.out + told.err).splitlines() if "has expired" in each]
            # Each part once; once more where it is another node that says so, while they start.
            assert 2 <= len(lines) <= 2 * COPIES, lines
        finally:
            await show_certificates(kafka_node)
        await until(lambda: consumer.tally.applied == 2, 60)
        await until(lambda: probe.one("select count(*) = 0 from outbox"))
    assert await probe.notes(stream) == ["a", "b"]
    assert await probe.incidents(only_open=False) == []


async def show_certificates(cluster: Cluster, *, until: datetime | None = None) -> None:
    """All nodes at once: their clients see nothing else in between."""
    cluster.stop()
    for number in range(1, len(cluster.nodes) + 1):
        cluster.certify(number, until=until)
    cluster.launch()
    await asyncio.to_thread(cluster.wait)
