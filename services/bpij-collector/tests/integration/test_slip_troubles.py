"""B1 and the line: crashes at each place, a deposit that fails, a reader that never ends."""

import asyncio
import hashlib
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from bpij_collector.flows import read_slip as reading
from bpij_collector.partner.deposit import DepositedFile, SlipDeposit
from chassis.db import Database
from chassis.errors import Refused, Unavailable
from chassis.failpoints import KILLED
from chassis.http import http_client
from fastapi import FastAPI, Response
from local_platform.processes import free_port, spawn, stop
from testkit.plugin import NewDatabase

Lines = list[dict[str, Any]]


@pytest.mark.parametrize(
    "failpoint",
    [
        "collector.after_download",
        "collector.after_store",
        "collector.before_confirm",
        "collector.after_parse",
        "collector.before_commit",
    ],
)
async def test_service_killed_anywhere_reads_the_file_once(
    failpoint: str, caisse: Any, collector: Any, case_a: Lines, tmp_path: Path, keys_dir: Path,
    directory_file: Path, environment: Callable[..., dict[str, str]], new_database: NewDatabase,
) -> None:  # fmt: skip
    urls = await new_database("bpij-collector")
    await caisse.pay(case_a)

    def started(**more: Any) -> Any:
        settings = environment(
            port=free_port(), database=urls.service, kafka="127.0.0.1:1", keys=keys_dir,
            directory=directory_file, clock=f"{caisse.url}/clock", cpam=caisse.url,
            slips_poll_seconds=0.1, **more,
        )  # fmt: skip
        command = [sys.executable, "-m", "bpij_collector", "all"]
        return spawn(command, log=tmp_path / "log", env=settings)

    killed = started(failpoint=failpoint)
    assert await asyncio.to_thread(killed.wait, 30) == KILLED, (tmp_path / "log").read_text()
    restarted = started()
    collector.db = Database(urls.service)
    try:
        async with asyncio.timeout(30):
            # Another process: there is no event to wait on.
            while not await _read_and_confirmed(collector, caisse):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    finally:
        stop(restarted, by=signal.SIGTERM, seconds=15)
        events = await collector.events()
        ((statements, lines),) = await collector.rows(
            "select (select count(*) from statement), (select count(*) from statement_line)"
        )
        await collector.db.close()
    assert restarted.returncode == 0, (tmp_path / "log").read_text()
    assert len(events) == statements == 1
    assert lines == 3


async def _read_and_confirmed(collector: Any, caisse: Any) -> bool:
    files = await caisse.files()
    return await collector.states() == [("read", None)] and all(
        file["confirmed_at"] for file in files
    )


async def test_two_readers_of_one_slip_write_it_once(
    caisse: Any, collector: Any, case_a: Lines
) -> None:
    for _ in range(4):
        await caisse.pay(case_a)
    await collector.fetch()
    await asyncio.gather(*(collector.read() for _ in range(3)))
    assert await collector.states() == [("read", None)] * 4
    assert len(await collector.events()) == 4


@pytest.mark.parametrize(
    "fault", ["retry-503", "html-502", "truncated", "short-length", "no-commit-then-reset", "empty"]
)
async def test_deposit_that_fails_once_at_each_step_delays_and_loses_nothing(
    caisse: Any, collector: Any, case_a: Lines, fault: str
) -> None:
    for count, operation in enumerate(("bpij.list", "bpij.fetch", "bpij.confirm"), 1):
        await caisse.pay(case_a)
        await caisse.control("faults", {"kind": fault, "operation": operation, "seconds": 0.1})
        done = 0
        for _ in range(3):
            try:
                done += await collector.fetch()
            except Unavailable:
                continue
        assert done == 1
        assert await collector.read() == 1
        assert await collector.states() == [("read", None)] * count
        assert all(file["confirmed_at"] for file in await caisse.files())


async def test_file_that_does_not_come_down_does_not_keep_the_next_one_up_there(
    caisse: Any, collector: Any, case_a: Lines
) -> None:
    await caisse.pay(case_a)
    await caisse.pay(case_a)
    await caisse.control("faults", {"kind": "html-502", "operation": "bpij.fetch"})
    with pytest.raises(Unavailable):
        await collector.fetch()
    assert len(await collector.states()) == 1
    await collector.fetch()
    assert len(await collector.states()) == 2


async def test_slip_that_always_ends_its_reader_is_set_aside_and_blocks_no_other(
    caisse: Any, collector: Any, case_a: Lines
) -> None:
    await caisse.pay(case_a)
    await collector.fetch()
    await collector.rows("update slip set attempts = :most returning id", most=reading.MAX_ATTEMPTS)
    await caisse.pay(case_a)
    await collector.collect()
    assert await collector.states() == [("quarantined", "reading-failed"), ("read", None)]


async def test_slip_put_back_is_read_again_and_its_incident_closed(
    caisse: Any, collector: Any, case_a: Lines
) -> None:
    from bpij_collector.store import slips

    await caisse.pay(case_a)
    await collector.fetch()
    ((id,),) = await collector.rows(
        "update slip set attempts = :most returning id", most=reading.MAX_ATTEMPTS
    )
    await collector.read()
    async with collector.db.begin() as tx:
        assert await slips.put_back(tx, id)
        assert not await slips.put_back(tx, id)
    await collector.read()
    assert await collector.states() == [("read", None)]
    ((closed,),) = await collector.rows("select closed_at from incident")
    assert closed is not None


# --- a deposit that nobody's simulator plays --------------------------------------------------


@pytest.fixture
async def deposit() -> AsyncIterator[Callable[..., SlipDeposit]]:
    import httpx

    clients = []

    def open_deposit(answer: Response) -> SlipDeposit:
        app = FastAPI()
        app.add_api_route("/{path:path}", lambda: answer, methods=["GET", "POST"])
        clients.append(httpx.AsyncClient(transport=httpx.ASGITransport(app)))
        return SlipDeposit(clients[-1], "http://caisse", "A", "secret")

    yield open_deposit
    for client in clients:
        await client.aclose()


@pytest.mark.parametrize(
    "listing",
    [
        b"", b"{}", b"[1]", b"not json",
        b'[{"name": "../x", "size": 1, "sha256": "%s"}]' % (b"0" * 64),
        b'[{"name": "x.zip", "size": -1, "sha256": "%s"}]' % (b"0" * 64),
        b'[{"name": "x.zip", "size": 1, "sha256": "ZZ"}]',
    ],
)  # fmt: skip
async def test_unreadable_listing_is_no_listing(
    deposit: Callable[..., SlipDeposit], listing: bytes
) -> None:
    with pytest.raises(Unavailable):
        await deposit(Response(listing)).list_files()


async def test_content_other_than_listed_is_not_taken(
    deposit: Callable[..., SlipDeposit],
) -> None:
    file = DepositedFile(name="x.zip", size=3, sha256=hashlib.sha256(b"abc").hexdigest())
    assert await deposit(Response(b"abc")).download(file) == b"abc"
    with pytest.raises(Unavailable, match="not the listed one"):
        await deposit(Response(b"abd")).download(file)


async def test_file_over_the_limit_is_refused_by_its_listing_and_by_its_bytes(
    deposit: Callable[..., SlipDeposit],
) -> None:
    most = 16 * 1024 * 1024
    large = DepositedFile(name="x.zip", size=most + 1, sha256="0" * 64)
    with pytest.raises(Refused, match="slip-too-large"):
        await deposit(Response(b"")).download(large)
    liar = DepositedFile(name="x.zip", size=3, sha256="0" * 64)
    with pytest.raises(Refused, match="slip-too-large"):
        await deposit(Response(b"x" * (most + 1))).download(liar)


async def test_nobody_there_is_unavailable() -> None:
    async with http_client() as http:
        nobody = SlipDeposit(http, f"http://127.0.0.1:{free_port()}", "A", "secret")
        with pytest.raises(Unavailable):
            await nobody.list_files()
        with pytest.raises(Unavailable):
            await nobody.confirm(DepositedFile(name="x.zip", size=3, sha256="0" * 64))
