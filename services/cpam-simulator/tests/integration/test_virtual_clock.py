"""The clock that the platform reads: it stands still, jumps forward, never back, and has a tick."""

from typing import Any

import pytest


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
