"""The feed as a process: SIGTERM answers the reader who waits instead of cutting it off."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
from local_platform.processes import free_port, spawn, stop
from testkit.plugin import NewDatabase


async def test_long_poll_is_answered_when_the_service_is_asked_to_stop(
    tmp_path: Path, keys_dir: Path, directory_file: Path, new_database: NewDatabase,
    token: Callable[[str, str], Awaitable[str]],
) -> None:  # fmt: skip
    port = free_port()
    settings = {
        "mode": "test", "port": port, "database": (await new_database("event-feed")).service,
        "kafka": "127.0.0.1:1", "keys": keys_dir, "directory": directory_file,
    }  # fmt: skip
    environment = {"PATH": os.environ["PATH"]}
    environment |= {f"JONCTION_{name.upper()}": str(value) for name, value in settings.items()}
    service = spawn(
        [sys.executable, "-m", "event_feed", "all"], log=tmp_path / "log", env=environment
    )
    bearer = await token("prevoyance-aurore", "event-feed")
    headers = {"Authorization": f"Bearer {bearer}"}
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False, timeout=30
        ) as reader:
            await _up(reader)
            asked = asyncio.create_task(reader.get("/v1/feed", params={"wait": 20}))
            await asyncio.sleep(1)
            service.send_signal(signal.SIGTERM)
            began = time.monotonic()
            answer = await asked
            assert (answer.status_code, answer.json()["items"]) == (200, [])
            assert time.monotonic() - began < 8
    finally:
        stop(service, by=signal.SIGTERM, seconds=20)
    assert service.returncode == 0, (tmp_path / "log").read_text()


async def _up(reader: httpx.AsyncClient) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                (await reader.get("/health")).raise_for_status()
            except httpx.HTTPError:
                await asyncio.sleep(0.1)
            else:
                return
