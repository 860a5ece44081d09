"""The clock that the platform reads: it stands still, jumps forward, never back, and has a tick."""

import asyncio
import json
from typing import Any

import pytest
from local_platform.director import Director
from local_platform.material import Material


async def clock(partner: Any) -> tuple[str, int]:
    told = (await partner.http.get(f"{partner.url}/clock")).json()
    return told["now"], told["tick"]


async def test_the_clock_stands_still_between_jumps(partner: Any) -> None:
    first = await clock(partner)
    assert first[0] == "2026-03-02T07:00:00Z"
    assert await clock(partner) == first


async def test_a_jump_moves_time_and_raises_the_tick_by_one(partner: Any) -> None:
    _, tick = await clock(partner)
    told = await partner.jump("2026-03-04T09:30:00+01:00")
    assert told == {"now": "2026-03-04T08:30:00Z", "tick": tick + 1}
    assert await clock(partner) == ("2026-03-04T08:30:00Z", tick + 1)


async def test_a_reader_that_names_the_tick_is_answered_at_the_jump(partner: Any) -> None:
    _, tick = await clock(partner)

    async def after(known: int) -> int:
        told = await partner.http.get(f"{partner.url}/clock", params={"after": known})
        return int(told.json()["tick"])

    assert await after(tick - 1) == tick
    waiting = asyncio.create_task(after(tick))
    assert (await clock(partner))[1] == tick
    assert not waiting.done()
    await partner.jump("2026-03-04T09:30:00+01:00")
    assert await waiting == tick + 1


async def test_a_reader_is_not_kept_waiting_for_a_jump_that_does_not_come(partner: Any) -> None:
    now, tick = await clock(partner)
    told = await partner.http.get(f"{partner.url}/clock", params={"after": tick})
    assert told.json() == {"now": now, "tick": tick}


@pytest.mark.parametrize("to", ["2026-03-02T06:59:59Z", "1999-01-01T00:00:00Z"])
async def test_the_clock_never_goes_back(partner: Any, to: str) -> None:
    before = await clock(partner)
    answer = await partner.http.post(f"{partner.url}/control/clock", json={"to": to})
    assert answer.status_code == 409
    assert await clock(partner) == before


async def test_a_jump_without_a_zone_is_refused(partner: Any) -> None:
    answer = await partner.http.post(
        f"{partner.url}/control/clock", json={"to": "2026-03-04T09:30:00"}
    )
    assert answer.status_code == 422


async def test_a_jump_to_now_repeated_after_a_lost_answer_is_no_jump(partner: Any) -> None:
    first = await partner.jump("2026-03-04T00:00:00Z")
    assert await partner.jump("2026-03-04T00:00:00Z") == first


async def test_a_held_jump_shows_the_new_day_before_the_cpam_acts_on_it(partner: Any) -> None:
    answer = {"at": "2026-03-03T09:00:00Z", "verdict": "CONFIRMATION_TRAITEMENT"}
    await partner.control("scripts", [partner.script(answers=[answer])])
    await partner.deposit()
    held = await partner.control("clock", {"to": "2026-03-03T09:00:00Z", "hold": True})
    assert (await clock(partner))[0] == "2026-03-03T09:00:00Z"
    assert await partner.collect() == []
    assert await partner.jump("2026-03-03T09:00:00Z") == held
    assert len(await partner.collect()) == 1


SLIP_AT = "2026-03-03T09:00:00Z"


async def with_a_slip_planned(partner: Any) -> None:
    line = {"nature": "IJNOR", "from": "2026-03-05", "to": "2026-03-05", "amount": "39.45"}
    slip = {"at": SLIP_AT, "lines": [line]}
    await partner.control("scripts", [partner.script(slips=[slip])])
    await partner.deposit()


async def test_a_slip_is_not_there_while_its_day_is_held(partner: Any) -> None:
    await with_a_slip_planned(partner)
    await partner.control("clock", {"to": SLIP_AT, "hold": True})
    assert await partner.files() == []
    # Whoever held the day and died is not needed: the plan still says what is next.
    assert (await partner.quiescence())["next_due"] == SLIP_AT
    await partner.jump(SLIP_AT)
    assert len(await partner.files()) == 1
    assert (await partner.quiescence())["next_due"] is None


async def test_the_cpam_acts_when_the_slowest_service_has_read_the_day(
    partner: Any, material: Material
) -> None:
    await with_a_slip_planned(partner)
    slow = SlowService(partner, polls=3)
    server = await asyncio.start_server(slow.answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    urls = {"cpam-simulator": partner.url, "matcher": f"http://127.0.0.1:{port}"}

    async def nothing(*_: Any) -> None: ...

    director = Director(urls, material, on_jump=nothing, on_answer=nothing)
    async with server:
        await director.play([])
    await director.close()
    assert slow.seen_while_behind == [[]] * 3
    assert len(await partner.files()) == 1


class SlowService:
    """Says on `/quiescence` that it stands at the old day, some times after each jump."""

    def __init__(self, partner: Any, polls: int) -> None:
        self._partner, self._polls, self._left = partner, polls, 0
        self._tick: int | None = None
        self.seen_while_behind: list[Any] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        told = await self._partner.quiescence()
        await self._read(told["tick"])
        quiet = told | {"tick": self._tick, "next_due": None, "due": 0, "activity": 0}
        body = json.dumps(quiet).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    async def _read(self, tick: int) -> None:
        if self._tick is None:
            self._tick = tick
        if tick == self._tick:
            self._left = self._polls
        elif self._left:
            self._left -= 1
            self.seen_while_behind.append(await self._partner.files())
        else:
            self._tick, self._left = tick, self._polls


async def test_a_reset_begins_a_new_world_under_a_higher_tick(partner: Any) -> None:
    await partner.deposit()
    await partner.jump("2026-03-04T00:00:00Z")
    before = (await partner.quiescence())["activity"]
    _, tick = await clock(partner)
    told = await partner.control("reset", {"now": "2026-03-02T07:00:00Z", "universe": "DEMO"})
    assert (told["now"], told["tick"]) == ("2026-03-02T07:00:00Z", tick + 1)
    ledger = await partner.ledger()
    assert [ledger[part] for part in ("filings", "answers", "slips", "calls")] == [[], [], [], []]
    assert (await partner.quiescence())["activity"] > before
    await partner.deposit()
    (filing,) = (await partner.ledger())["filings"]
    assert filing["references"] == ["DEP-DEMO-000000001"]


async def test_quiescence_has_the_form_that_the_director_reads(partner: Any) -> None:
    told = await partner.quiescence()
    assert set(told) == {
        "service",
        "boot",
        "tick",
        "outbox",
        "lag",
        "due",
        "next_due",
        "activity",
        "reasons",
    }
    assert told["service"] == "cpam-simulator"
    assert (told["outbox"], told["lag"], told["due"], told["next_due"]) == (0, 0, 0, None)


async def test_activity_grows_by_what_happened_and_not_by_polls(partner: Any) -> None:
    before = (await partner.quiescence())["activity"]
    await partner.collect()
    await partner.files()
    await partner.query()
    assert (await partner.quiescence())["activity"] == before
    await partner.deposit()
    assert (await partner.quiescence())["activity"] > before


async def test_probes_answer(partner: Any) -> None:
    for path in ("health", "ready"):
        assert (await partner.http.get(f"{partner.url}/{path}")).status_code == 200
