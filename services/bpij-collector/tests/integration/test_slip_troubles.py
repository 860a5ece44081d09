"""B1 and the line: crashes at each place, a deposit that fails, a reader that never ends."""

import asyncio
import hashlib
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from bpij_collector.flows import read_slip as reading
from bpij_collector.partner.deposit import DepositedFile, SlipDeposit
from chassis.errors import Refused, Unavailable
from chassis.failpoints import KILLED
from chassis.http import http_client
from fastapi import FastAPI, Response
from local_platform.processes import free_port, spawn, stop

Lines = list[dict[str, Any]]


_ERRANDS = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from bpij_collector.flows.fetch_slips import fetch_slips
from bpij_collector.flows.read_slip import read_slip
from bpij_collector.partner.codes import Codes
from bpij_collector.partner.deposit import SlipDeposit
from bpij_collector.partner.slip_xml import SlipReader
from chassis import failpoints
from chassis.clock import FixedClock
from chassis.db import Database
from chassis.directory import Directory
from chassis.http import http_client
from chassis.sealing import PersonRefs, Sealer

async def main(database, url, directory, keys, failpoint):
    failpoints.arm(failpoint)
    begin, directory = Database(database).begin, Directory.load(Path(directory))
    account, sealer = directory.cpam_accounts[0], Sealer(Path(keys))
    clock = FixedClock(datetime(2026, 3, 2, 7, tzinfo=UTC))
    deposit = SlipDeposit(http_client(), url, account.account, account.password())
    await fetch_slips(begin, deposit, account, sealer, clock)
    await read_slip(begin, reader=SlipReader(Codes.load()), sealer=sealer,
                    refs=PersonRefs(Path(keys)), directory=directory, clock=clock)

asyncio.run(main(*sys.argv[1:]))
"""


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
async def test_errand_killed_anywhere_reads_the_file_once(
    failpoint: str, caisse: Any, collector: Any, case_a: Lines, keys_dir: Path, directory_file: Path
) -> None:
    await caisse.pay(case_a)
    arguments = (collector.database_url, caisse.url, directory_file, keys_dir, failpoint)
    killed = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", _ERRANDS, *map(str, arguments)], check=False
    )
    assert killed.returncode == KILLED
    assert await collector.events() == []
    await collector.collect()
    await _assert_read_once(collector, caisse)


async def test_service_killed_in_its_transaction_comes_back_and_reads_the_file_once(
    caisse: Any, collector: Any, case_a: Lines, tmp_path: Path, keys_dir: Path,
    directory_file: Path, environment: Callable[..., dict[str, str]],
) -> None:  # fmt: skip
    await caisse.pay(case_a)

    def started(**more: Any) -> Any:
        settings = environment(
            port=free_port(), database=collector.database_url, kafka="127.0.0.1:1", keys=keys_dir,
            directory=directory_file, clock=f"{caisse.url}/clock", cpam=caisse.url,
            slips_poll_seconds=0.1, **more,
        )  # fmt: skip
        command = [sys.executable, "-m", "bpij_collector", "all"]
        return spawn(command, log=tmp_path / "log", env=settings)

    killed = started(failpoint="collector.before_commit")
    assert await asyncio.to_thread(killed.wait, 60) == KILLED, (tmp_path / "log").read_text()
    restarted = started()
    try:
        async with asyncio.timeout(60):
            # Another process: there is no event to wait on.
            while await collector.states() != [("read", None)]:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    finally:
        stop(restarted, by=signal.SIGTERM, seconds=15)
    assert restarted.returncode == 0, (tmp_path / "log").read_text()
    await _assert_read_once(collector, caisse)


async def _assert_read_once(collector: Any, caisse: Any) -> None:
    assert await collector.states() == [("read", None)]
    assert all(file["confirmed_at"] for file in await caisse.files())
    assert len(await collector.events()) == 1
    ((statements, lines),) = await collector.rows(
        "select (select count(*) from statement), (select count(*) from statement_line)"
    )
    assert (statements, lines) == (1, 3)


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


async def test_account_refused_in_the_middle_loses_no_file(
    caisse: Any, collector: Any, case_a: Lines
) -> None:
    await caisse.pay(case_a)
    await caisse.control("faults", {"kind": "status", "operation": "bpij.fetch", "status": 403})
    with pytest.raises(Unavailable):
        await collector.fetch()
    assert await collector.states() == []
    await collector.collect()
    assert await collector.states() == [("read", None)]


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


@pytest.mark.parametrize("listing", [b"", b"{}", b"not json", b"null"])
async def test_unreadable_listing_is_no_listing(
    deposit: Callable[..., SlipDeposit], listing: bytes
) -> None:
    with pytest.raises(Unavailable):
        await deposit(Response(listing)).list_files()


async def test_unreadable_entries_of_a_listing_do_not_hide_the_others(
    deposit: Callable[..., SlipDeposit],
) -> None:
    right = {"name": "BPIJ.zip", "size": 3, "sha256": "0" * 64}
    wrong = [1, {}, right | {"name": "../x"}, right | {"size": -1}, right | {"sha256": "ZZ"}]
    listing = await deposit(Response(json.dumps([*wrong, right]))).list_files()
    assert [file.name for file in listing.files] == ["BPIJ.zip"]
    assert listing.unreadable == len(wrong)


async def test_refused_account_is_an_incident_until_it_works_again(
    caisse: Any, collector: Any, case_a: Lines
) -> None:
    await caisse.pay(case_a)
    await caisse.control("faults", {"kind": "status", "operation": "bpij.list", "status": 401})
    assert await collector.fetch() == 0
    ((kind, detail, closed),) = await collector.rows("select kind, detail, closed_at from incident")
    assert (kind, detail["account"], closed) == ("account-refused", "KERBRAT29", None)
    assert await collector.fetch() == 1
    ((closed,),) = await collector.rows("select closed_at from incident")
    assert closed is not None


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
