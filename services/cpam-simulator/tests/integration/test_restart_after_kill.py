"""The process is killed without warning: what it had told anybody is there when it comes back."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from chassis.http import http_client

DIRECTORY = """
[[tenants]]
id = "atelier"
name = "Atelier Exemple"
sirets = ["90112233300015"]

[[cpam_accounts]]
tenant = "atelier"
account = "ATELIER"
password_file = "cpam.password"
caisse = "751"
"""


class Process:
    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        (folder / "directory.toml").write_text(DIRECTORY)
        (folder / "cpam.password").write_text("secret-a\n")
        self.environment = {name: os.environ[name] for name in ("PATH",) if name in os.environ} | {
            "JONCTION_MODE": "test",
            "JONCTION_PORT": str(self.port),
            "JONCTION_STORE": str(folder / "cpam.sqlite"),
            "JONCTION_DIRECTORY": str(folder / "directory.toml"),
        }
        self.log = folder / "log"
        self.child: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self.child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "cpam_simulator",
                "all",
                env=self.environment,
                stderr=log,
                stdout=log,
            )
        async with http_client() as http:
            for _ in range(200):
                with contextlib.suppress(httpx.TransportError):
                    if (await http.get(f"{self.url}/ready")).status_code == 200:
                        return
                await asyncio.sleep(0.05)
        raise AssertionError(self.log.read_text())

    async def end(self, number: signal.Signals) -> int:
        if self.child is None:
            return 0
        if self.child.returncode is None:
            self.child.send_signal(number)
        return await self.child.wait()


@pytest.fixture
async def process(tmp_path: Path) -> AsyncIterator[Process]:
    process = Process(tmp_path)
    yield process
    await process.end(signal.SIGKILL)


async def test_nothing_told_is_lost_by_a_kill(process: Process, partner: Any) -> None:
    await process.start()
    partner.url = process.url
    planned = [{"after": "PT1H", "verdict": "REJET", "code": "X1"}]
    slip = {"at": "2026-03-20T06:00:00Z", "lines": [{"nature": "IJNOR", "amount": "10.00"}]}
    await partner.control("mode", {"mode": "A"})
    await partner.control("scripts", [partner.script(answers=planned, slips=[slip])])
    await partner.fault("html-502", calls=2)
    await partner.jump("2026-03-02T08:00:00Z")
    assert (await partner.post_deposit()).status_code == 502
    await process.end(signal.SIGKILL)

    await process.start()
    assert (await partner.http.get(f"{partner.url}/clock")).json()["now"] == "2026-03-02T08:00:00Z"
    assert (await partner.post_deposit()).status_code == 502
    reference = (await partner.deposit()).findtext(".//{*}referenceDepot")
    before = await partner.ledger(), await partner.quiescence()
    await process.end(signal.SIGKILL)

    await process.start()
    after = await partner.ledger(), await partner.quiescence()
    assert after[0] == before[0]
    assert {**after[1], "boot": ""} == {**before[1], "boot": ""}
    again = (await partner.deposit()).find(".//{*}depot")
    assert again.findtext("{*}dejaDepose") == "true"
    assert again.findtext("{*}referenceDepot") == reference
    await partner.jump("2026-03-20T06:00:00Z")
    assert len(await partner.collect()) == 1
    assert len(await partner.files()) == 1


async def test_production_is_refused_in_one_line(process: Process) -> None:
    process.environment["JONCTION_MODE"] = "production"
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "cpam_simulator",
        "all",
        env=process.environment,
        stderr=asyncio.subprocess.PIPE,
    )
    _, told = await child.communicate()
    assert child.returncode == 2
    assert told.decode().count("\n") == 1
    assert "production" in told.decode()


async def test_a_stop_signal_ends_with_success_and_no_person_is_in_the_log(
    process: Process, partner: Any
) -> None:
    await process.start()
    partner.url = process.url
    await partner.control("scripts", [partner.script()])
    await partner.deposit()
    await partner.post_deposit(partner.declaration(nir="1851375116042"))
    await partner.post_deposit(partner.declaration(siret="12"))
    await partner.http.post(
        f"{partner.url}/control/scripts", json=[{"name": "x", "match": {"nir": "1850375116042"}}]
    )
    assert await process.end(signal.SIGTERM) == 0
    log = process.log.read_text()
    for word in ("185", "EXEMPLE", "Alix"):
        assert word not in log
