"""The gateway as a process, killed at its named places while a request is running."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from subprocess import Popen
from typing import Any

import httpx
import pytest
from chassis.db import Database
from sqlalchemy import text

Key = Callable[[], dict[str, str]]
Started = tuple[httpx.AsyncClient, Popen[bytes]]
Start = Callable[..., AbstractAsyncContextManager[Started]]
URL = "/v1/declarations"


async def stored(db: Database) -> tuple[int, int, int]:
    async with db.begin() as tx:
        counts = text(
            "select (select count(*) from declaration), (select count(*) from idempotency),"
            " (select count(*) from outbox)"
        )
        row = (await tx.execute(counts)).one()
    return (row[0], row[1], row[2])


@pytest.mark.parametrize(
    ("failpoint", "after_the_crash"),
    [("gateway.before_commit", (0, 0, 0)), ("gateway.after_commit", (1, 1, 1))],
)
async def test_a_crash_around_the_commit_leaves_one_declaration_after_the_repeat(
    start: Start,
    key: Key,
    maladie: dict[str, Any],
    gateway_db: Database,
    failpoint: str,
    after_the_crash: tuple[int, int, int],
) -> None:
    header = key()
    async with start(failpoint) as (http, process):
        with pytest.raises(httpx.TransportError):
            await http.post(URL, json=maladie, headers=header)
        assert process.wait(10) == 137
    assert await stored(gateway_db) == after_the_crash
    async with start() as (http, _):
        answer = await http.post(URL, json=maladie, headers=header)
        assert answer.status_code == 202
        again = await http.post(URL, json=maladie, headers=header)
        assert again.content == answer.content
    assert await stored(gateway_db) == (1, 1, 1)


async def test_stopping_answers_what_was_accepted_and_loses_nothing(
    start: Start, maladie: dict[str, Any], gateway_db: Database
) -> None:
    async with start() as (http, process):
        bodies = [maladie | {"contract": f"C{number}"} for number in range(40)]
        posts = [
            asyncio.create_task(
                http.post(URL, json=body, headers={"Idempotency-Key": body["contract"]})
            )
            for body in bodies
        ]
        await asyncio.wait(posts, return_when=asyncio.FIRST_COMPLETED)
        process.send_signal(signal.SIGTERM)
        answers = await asyncio.gather(*posts, return_exceptions=True)
        assert await asyncio.to_thread(process.wait, 20) == 0
    taken = [each for each in answers if isinstance(each, httpx.Response) and each.is_success]
    refused = [each for each in answers if not isinstance(each, httpx.Response)]
    # Those that found the door closed were never begun.
    assert all(isinstance(each, httpx.TransportError) for each in refused)
    assert len(taken) >= 1
    assert (await stored(gateway_db))[0] == len(taken)


async def test_a_client_that_goes_away_in_its_body_leaves_nothing_behind(
    start: Start, gateway_db: Database, tmp_path: Path
) -> None:
    async with start() as (http, process):
        request = (
            f"POST {URL} HTTP/1.1\r\nHost: x\r\nIdempotency-Key: k\r\nContent-Length: 900\r\n"
            f"Authorization: {http.headers['authorization']}\r\n\r\n{{"
        )
        for _ in range(50):
            _, writer = await asyncio.open_connection(http.base_url.host, http.base_url.port)
            writer.write(request.encode())
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        assert (await http.get(URL)).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 20) == 0
    assert await stored(gateway_db) == (0, 0, 0)
    assert '"level":"error"' not in (tmp_path / "gateway.log").read_text().replace(" ", "")
