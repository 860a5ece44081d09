"""How a service's process starts: wrong credentials stop it by name, what is away is waited for."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from chassis.http import http_client
from httpx import HTTPError
from local_platform.environment import variables
from local_platform.material import Material
from local_platform.postgres import Postgres
from local_platform.processes import free_port
from testkit.databases import DatabaseUrls
from testkit.probe import until

NewDatabase = Callable[[str], Awaitable[DatabaseUrls]]
Run = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def run(material: Material, tmp_path: Path) -> Iterator[Run]:
    """`run("all", database=url)` is the matcher's process; what it says lands in `says`."""
    begun: list[subprocess.Popen[bytes]] = []

    def start(command: str, **settings: str) -> "subprocess.Popen[bytes]":
        given = {
            "mode": "test",
            "directory": str(material.directory),
            "keys": str(material.keys("matcher")),
            **settings,
        }
        with (tmp_path / "says").open("ab") as out:
            command_line = [sys.executable, "-m", "matcher", command]
            begun.append(
                subprocess.Popen(command_line, env=variables(given), stdout=out, stderr=out)
            )
        return begun[-1]

    yield start
    for process in begun:
        process.kill()
        process.wait()


@pytest.fixture
def says(tmp_path: Path) -> Callable[[], str]:
    return (tmp_path / "says").read_text


async def ended(process: "subprocess.Popen[bytes]") -> int:
    return await asyncio.to_thread(process.wait, 30)


async def ready_reasons(port: int) -> dict[str, str]:
    """What `/ready` says, once the process answers."""
    async with http_client() as http:
        for _ in range(600):
            try:
                answer = await http.get(f"http://127.0.0.1:{port}/ready")
            except HTTPError:
                await asyncio.sleep(0.05)
                continue
            reasons: dict[str, str] = answer.json()["reasons"]
            return reasons
    raise AssertionError("no answer")


def with_password(url: str, password: str) -> str:
    before, _, after = url.partition("@")
    return f"{before.rsplit(':', 1)[0]}:{password}@{after}"


async def test_a_wrong_database_password_stops_the_start_and_names_its_setting(
    new_database: NewDatabase, run: Run, says: Callable[[], str]
) -> None:
    urls = await new_database("matcher")
    assert await ended(run("all", database=with_password(urls.service, "hunter2"))) == 2
    assert says().splitlines() == [
        "jonction: JONCTION_DATABASE: PostgreSQL refuses this role or its password"
    ]


@pytest.mark.parametrize("command", ["replay", "rebase", "held"])
async def test_an_operators_command_says_that_the_database_is_away(
    run: Run, says: Callable[[], str], command: str
) -> None:
    away = f"postgresql+asyncpg://matcher:secret@127.0.0.1:{free_port()}/matcher"
    assert await ended(run(command, database=away)) == 2
    assert says() == "jonction: JONCTION_DATABASE: no answer (ConnectionRefusedError)\n"


async def test_a_wrong_password_of_the_owner_stops_the_migration_and_names_its_setting(
    new_database: NewDatabase, run: Run, says: Callable[[], str]
) -> None:
    urls = await new_database("matcher")
    process = run("migrate", database_owner=with_password(urls.owner, "hunter2"))
    assert await ended(process) == 2
    assert says().startswith("jonction: JONCTION_DATABASE_OWNER: ")


@asynccontextmanager
async def without_login(server: Postgres, role: str) -> AsyncIterator[None]:
    connection = await server.connect()
    await connection.execute(f'alter role "{role}" connection limit 0')
    try:
        yield
    finally:
        await connection.execute(f'alter role "{role}" connection limit -1')
        await connection.close()


async def test_a_migration_waits_for_a_database_that_takes_nobody_yet_after_one_line(
    new_database: NewDatabase, postgres: Postgres, run: Run, says: Callable[[], str]
) -> None:
    urls = await new_database("matcher")
    async with without_login(postgres, "matcher_owner"):
        with pytest.raises(asyncpg.TooManyConnectionsError):
            await asyncpg.connect(urls.owner.replace("+asyncpg", ""))
        process = run("migrate", database_owner=urls.owner)
        await until(lambda: "waits for the database" in says())
    assert await ended(process) == 0
    assert says().count("waits for the database") == 1


async def test_a_service_starts_without_database_and_broker_and_says_what_it_waits_for(
    run: Run, says: Callable[[], str]
) -> None:
    port, nobody = free_port(), free_port()
    database = f"postgresql+asyncpg://matcher:secret@127.0.0.1:{nobody}/matcher"
    process = run("all", database=database, kafka=f"127.0.0.1:{nobody}", port=str(port))
    reasons = await ready_reasons(port)
    assert reasons["database"] == "database: ConnectionRefusedError"
    await until(lambda: "relay waits" in says())
    assert process.poll() is None
    process.terminate()
    assert await ended(process) == 0
    assert says().count("relay waits") == 1


async def test_a_broker_that_is_away_is_told_with_its_address(
    new_database: NewDatabase, run: Run
) -> None:
    port, nobody = free_port(), free_port()
    urls = await new_database("matcher")
    run("all", database=urls.service, kafka=f"127.0.0.1:{nobody}", port=str(port))
    expected = f"kafka: 127.0.0.1:{nobody}: ConnectionRefusedError"
    wanted = {part: f"{part}: {expected}" for part in ("relay", "consumer")}

    async def all_told() -> bool:
        return wanted.items() <= (await ready_reasons(port)).items()

    await until(all_told)


def test_production_demands_an_encrypted_broker(run: Run, says: Callable[[], str]) -> None:
    process = run("all", mode="production", database="postgresql+asyncpg://matcher@127.0.0.1/m")
    assert process.wait(30) == 2
    assert says() == (
        "jonction: JONCTION_KAFKA_CA is missing: in production Kafka is reached over TLS\n"
    )
