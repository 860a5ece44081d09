"""All databases are lost in the third week and restored from a backup of the second day.

What the page on restoring has an operator run is run from the page. Kafka, the CPAM and the keys
are what they were. A deposit is filed and not yet known to be when everything dies.
"""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from chassis.http import http_client
from contracts.topics import written_by
from local_platform.demo import play_story
from local_platform.environment import environment
from local_platform.places import ROOT
from local_platform.report import comparable
from local_platform.services import WITH_DATABASE, package_of
from local_platform.story import Request, Story, read_stories
from local_platform.supervisor import Platform
from testkit.probe import until

Json = dict[str, Any]
PAGE = ROOT / "docs/operations/backup-and-restore.md"
SAVED = ("07-cpam-silent", "declare")
LOST = ("02-prolonged", "revise")
BEFORE_LOST = datetime(2026, 3, 20, 8, tzinfo=UTC)
ADAPTER = "cpam-adapter"

pytestmark = pytest.mark.timeout(420)


class Drill:
    def __init__(self, platform: Platform, folder: Path) -> None:
        self._platform, self._folder = platform, folder
        self.said: dict[str, str] = {}

    async def on_jump(self, to: datetime) -> None:
        if to == BEFORE_LOST:
            # It will die having filed the next deposit, before it can write that down.
            adapter = self._platform.services[ADAPTER]
            adapter.kill()
            adapter.settings["JONCTION_FAILPOINT"] = "adapter.before_outcome"
            adapter.start()

    async def on_answer(self, story: Story, request: Request, answer: Any) -> None:
        if (story.name, request.does) == SAVED:
            await asyncio.to_thread(self._run, block("pg_dump"))
        if (story.name, request.does) == LOST:
            await self._lose()
            await self._restore()

    async def _lose(self) -> None:
        platform = self._platform
        await until(platform.services[ADAPTER].died, 60)
        for service in WITH_DATABASE:
            if service != ADAPTER:
                await until(lambda service=service: self._has_told(service), 60)
        for service in WITH_DATABASE:
            platform.services[service].kill()
        platform.postgres.kill()
        shutil.rmtree(platform.postgres.data)

    async def _has_told(self, service: str) -> bool:
        """What was committed and never published is lost for good: there is no such thing here."""
        async with http_client() as http:
            reading = (await http.get(f"{self._platform.url(service)}/quiescence")).json()
        return reading["outbox"] == 0 and reading["lag"] == 0

    async def _restore(self) -> None:
        platform = self._platform
        platform.services[ADAPTER].settings.clear()
        platform.postgres.start()
        await asyncio.to_thread(self._run, block("pg_restore"))
        for service in WITH_DATABASE:
            command = [sys.executable, "-m", package_of(service), "restored"]
            env = environment(service, platform.around)
            self.said[service] = await asyncio.to_thread(_ran, command, env)
        for service in WITH_DATABASE:
            platform.services[service].start()
        await platform.wait_ready()

    def _run(self, script: str) -> None:
        postgres = self._platform.postgres
        roles = self._folder / "roles"
        names = [role for s in WITH_DATABASE for role in (package_of(s), f"{package_of(s)}_owner")]
        roles.write_text("".join(f"{role} {postgres.password(role)}\n" for role in names))
        env = {
            "PATH": f"{postgres.bin}:{os.environ['PATH']}",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(postgres.port),
            "PGUSER": "postgres",
            "PGPASSWORD": postgres.password("postgres"),
            "ROLES_FILE": str(roles),
            "BACKUPS": str(self._folder),
        }
        _ran(["sh", "-eu", "-c", script], env)


def block(command: str) -> str:
    """The page's block of shell lines in which the command stands."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    [found] = [each for each in blocks if command in each]
    return str(found)


def _ran(command: list[str], env: dict[str, str]) -> str:
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


async def test_the_story_ends_the_same_after_all_databases_were_lost_and_restored(
    start_platform: Any, read_ledger: Any, let_read: Any, report: Json, tmp_path: Path
) -> None:
    async with start_platform() as platform:
        for service in WITH_DATABASE:
            let_read(platform, service, [topic.name for topic in written_by(service)])
        drill = Drill(platform, tmp_path)
        told = await play_story(
            platform,
            read_stories(),
            time.monotonic(),
            on_jump=drill.on_jump,
            on_answer=drill.on_answer,
        )
        ledger = await read_ledger(platform)
    assert all(line.startswith("epoch 2; ") for line in drill.said.values()), drill.said
    assert ledger["doubles"] == []
    assert {filing["count"] for filing in ledger["filings"]} == {1}
    assert len(ledger["filings"]) == 15
    for after, undisturbed in zip(told["cases"], report["cases"], strict=True):
        assert_same_but_for_repeats(after, undisturbed)
    positions = sorted(entry["position"] for case in told["cases"] for entry in case["feed"])
    assert positions == list(range(1, len(positions) + 1))


def assert_same_but_for_repeats(after: Json, undisturbed: Json) -> None:
    """The matcher tells its facts of the lost time once more, nobody else tells anything twice; the
    restored feed reads again what came since, and has no order between streams.
    """
    [told] = comparable({"cases": [after], "refused": []})["cases"]
    [true] = comparable({"cases": [undisturbed], "refused": []})["cases"]
    again, once = told["feed"].pop("case"), true["feed"].pop("case")
    assert set(again) == set(once)
    for feed in (told["feed"], true["feed"]):
        feed.update((topic, sorted(types)) for topic, types in feed.items())
    assert told == true
