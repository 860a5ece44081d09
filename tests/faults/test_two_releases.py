"""A next release of the gateway runs beside this one, on one database and in one group.

The next release is made here from this one: a nullable column and a table, an optional field, a
type of event that nobody knows, and one more topic to read. Then it goes again.
"""

import asyncio
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from chassis.http import http_client
from contracts.topics import DECLARATIONS, STATEMENTS
from local_platform.director import Director
from local_platform.environment import environment
from local_platform.places import ROOT
from local_platform.processes import free_port, spawn, stop
from local_platform.report import comparable, write_report
from local_platform.services import WITH_DATABASE, package_of
from local_platform.story import Request, Story, read_stories
from local_platform.supervisor import Platform
from testkit.probe import until

Json = dict[str, Any]
GATEWAY = "declaration-gateway"
NEXT = f"{GATEWAY}-next"
SCENARIOS = ("01", "07", "09")
GONE_AGAIN = datetime(2026, 4, 7, 4, tzinfo=UTC)
ROW = "alter table revision add column channel text"
SEEN = "create table statement_seen (statement_id uuid primary key)"

pytestmark = pytest.mark.timeout(420)


def make_next_release(folder: Path) -> None:
    """Copies of the gateway and of contracts, changed as a release may change them."""
    for source in ("services/declaration-gateway", "shared/contracts"):
        ignored = shutil.ignore_patterns("tests", "__pycache__")
        shutil.copytree(ROOT / source, folder / source, ignore=ignored)
    contracts = folder / "shared/contracts/src/contracts"
    gateway = folder / "services/declaration-gateway/src/declaration_gateway"
    _change(
        contracts / "events.py",
        ("\n\n\nclass DeclarationSubmitted(", "\n    channel: str | None = None"),
        (
            "\nEVENTS: tuple[type[EventData], ...] = (\n",
            "class DeclarationNoted(EventData):\n"
            "    topic: ClassVar[str] = topics.DECLARATIONS.name\n"
            '    type: ClassVar[str] = "fr.jonction.declaration.noted"\n'
            "    declaration_id: UUID\n\n",
        ),
        ("    DeclarationSubmitted,\n", "    DeclarationNoted,\n"),
    )
    text = (contracts / "topics.py").read_text()
    changed = re.sub(r"(STATEMENTS = .*?)\(MATCHER, FEED\)", r"\1(MATCHER, FEED, GATEWAY)", text)
    assert changed != text
    (contracts / "topics.py").write_text(changed)
    _change(gateway / "flows/seal_declaration.py", ("        person=", '        channel="next",\n'))
    _change(
        gateway / "store/declarations.py", ("            reason=", '            channel="next",\n')
    )
    _change(
        gateway / "store/tables.py",
        ('    Column("client", Text, nullable=False),\n', '    Column("channel", Text),\n'),
    )
    _change(
        gateway / "flows/revise_declaration.py",
        (
            "    return receipt\n\n\ndef",
            "    noted = DeclarationNoted(declaration_id=declaration_id)\n"
            "    await outbox.add(tx, noted, stream=declaration_id, tenant=tenant, at=at)\n",
        ),
        ("    DeclarationProlonged,\n", "    DeclarationNoted,\n"),
    )
    _change(
        gateway / "consumers.py",
        (
            "        Subscription(SubmissionRefused",
            "        Subscription(StatementReceived, see),\n",
        ),
        ("    SubmissionAcknowledged,\n", "    StatementReceived,\n"),
        (
            "\n\ndef table(",
            "\n\nasync def see(tx, event, data):\n"
            '    insert = "insert into statement_seen values (:id)"\n'
            '    await tx.execute(text(insert), {"id": data.statement_id})\n',
        ),
        ("from declaration_gateway.flows.record_answer", "from sqlalchemy import text\n"),
    )
    versions = folder / "services/declaration-gateway/migrations/versions"
    newest = _newest(versions)
    (versions / "next_release.py").write_text(
        "from alembic import op\n"
        f'revision, down_revision = "next_release", "{newest}"\n'
        "branch_labels = depends_on = None\n"
        f'def upgrade():\n    op.execute("{ROW}")\n    op.execute("{SEEN}")\n'
    )


def _change(file: Path, *insertions: tuple[str, str]) -> None:
    """Puts each text before the first occurrence of its place."""
    text = file.read_text()
    for place, inserted in insertions:
        assert place in text, f"{file.name}: {place}"
        text = text.replace(place, inserted + place, 1)
    file.write_text(text)


def _newest(versions: Path) -> str:
    text = "".join(file.read_text() for file in versions.glob("*.py"))
    names = set(re.findall(r'^revision = "(.*)"', text, re.MULTILINE))
    [newest] = names - set(re.findall(r'^down_revision = "(.*)"', text, re.MULTILINE))
    return newest


class Roll:
    """Requests go to the two releases in turn, until the next one goes again."""

    def __init__(self, platform: Platform, folder: Path) -> None:
        self._platform, self._folder = platform, folder
        self.urls = {name: service.url for name, service in platform.services.items()}
        port = free_port()
        self._both = [self.urls[GATEWAY], f"http://127.0.0.1:{port}"]
        paths = ["services/declaration-gateway/src", "shared/contracts/src"]
        owner = platform.postgres.url("declaration_gateway", "declaration_gateway_owner")
        self._env = environment(GATEWAY, platform.around) | {
            "PYTHONPATH": ":".join(str(folder / path) for path in paths),
            "JONCTION_PORT": str(port),
            "JONCTION_DATABASE_OWNER": owner,
        }

    @asynccontextmanager
    async def under_way(self) -> AsyncIterator[None]:
        command = [sys.executable, "-m", "declaration_gateway"]
        migrating = await asyncio.create_subprocess_exec(*command, "migrate", env=self._env)
        assert await migrating.wait() == 0
        self._process = spawn([*command, "all"], log=self._folder / "next.log", env=self._env)
        try:
            await until(self._is_ready, 60)
            self.urls[NEXT] = self._both[1]
            yield
        finally:
            stop(self._process, by=signal.SIGTERM, seconds=20)

    async def _is_ready(self) -> bool:
        assert self._process.poll() is None, (self._folder / "next.log").read_text()
        async with http_client() as http:
            try:
                return (await http.get(f"{self._both[1]}/ready")).status_code == 200
            except httpx.TransportError:
                return False

    async def on_answer(self, story: Story, request: Request, answer: Any) -> None:
        if NEXT in self.urls:
            self._both.reverse()
            self.urls[GATEWAY], self.urls[NEXT] = self._both

    async def on_jump(self, to: datetime) -> None:
        if to == GONE_AGAIN:
            stop(self._process, by=signal.SIGTERM, seconds=20)
            del self.urls[NEXT]
            self.urls[GATEWAY] = self._platform.url(GATEWAY)


async def play(platform: Platform, roll: Roll) -> Json:
    stories = read_stories(only=SCENARIOS)
    director = Director(
        roll.urls, platform.material, on_jump=roll.on_jump, on_answer=roll.on_answer
    )
    try:
        async with roll.under_way():
            played = await director.play(stories)
        return await write_report(stories, played, director, mails=platform.mails, seconds=0)
    finally:
        await director.close()


async def ask(platform: Platform, service: str, sql: str, *values: object) -> list[tuple[Any, ...]]:
    connection = await platform.postgres.connect(package_of(service))
    try:
        return [tuple(row) for row in await connection.fetch(sql, *values)]
    finally:
        await connection.close()


async def test_two_releases_side_by_side_lose_nothing_and_the_older_one_may_stay(
    start_platform: Any, read_ledger: Any, let_read: Any, report: Json, tmp_path: Path
) -> None:
    make_next_release(tmp_path)
    async with start_platform() as platform:
        let_read(platform, GATEWAY, [STATEMENTS.name])
        roll = Roll(platform, tmp_path)
        told = await play(platform, roll)
        ledger = await read_ledger(platform)
        # Both wrote: three declarations in turn, and the revision after them.
        channels = "select change, count(channel), count(*) from revision group by 1 order by 1"
        assert await ask(platform, GATEWAY, channels) == [
            ("initial", 0, 3),
            ("return-to-work", 1, 1),
        ]
        said = "select count(*) from revision where content ? 'channel'"
        assert await ask(platform, GATEWAY, said) != [(0,)]
        # What only the next release reads waits for it where it left.
        assert await unseen(platform)
        async with roll.under_way():
            await until(lambda: _all_seen(platform), 60)
        await assert_everybody_has_read_all(platform)
    cases = [case for case in report["cases"] if case["scenario"].startswith(SCENARIOS)]
    assert comparable(told) == comparable({"cases": cases, "refused": []})
    assert ledger["doubles"] == []
    assert [filing["count"] for filing in ledger["filings"]] == [1] * 4


async def unseen(platform: Platform) -> set[tuple[Any, ...]]:
    sent = "select distinct stream_id from event_archive where topic = $1"
    seen = await ask(platform, GATEWAY, "select statement_id from statement_seen")
    assert seen
    return set(await ask(platform, "bpij-collector", sent, STATEMENTS.name)) - set(seen)


async def _all_seen(platform: Platform) -> bool:
    return not await unseen(platform)


async def assert_everybody_has_read_all(platform: Platform) -> None:
    """The new type included, which says nothing to readers of this release."""
    heads = "select stream_id, version from stream_head where topic = $1 order by 1"
    written = await ask(platform, GATEWAY, heads, DECLARATIONS.name)
    assert sum(version for _, version in written) == 5
    taken = "select stream_id, version from stream_position where topic = $1 order by 1"
    for reader in DECLARATIONS.readers:
        assert await ask(platform, reader, taken, DECLARATIONS.name) == written, reader
    for service in WITH_DATABASE:
        assert await ask(platform, service, "select * from held_event") == [], service
        contradicted = "select * from incident where kind like 'event-%'"
        assert await ask(platform, service, contradicted) == [], service
