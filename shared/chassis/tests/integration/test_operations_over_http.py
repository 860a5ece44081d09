"""What operators do over HTTP is done once, and recorded with who asked for it."""

from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import httpx
from chassis.clock import FixedClock
from chassis.consumer import Consumer
from chassis.incidents import Incidents
from chassis.operating import operate_held, operate_incidents
from sqlalchemy import text
from testkit.probe import AT, SERVICE, Fickle, Probe, running, until

HELD, INCIDENTS = "/v1/operations/held", "/v1/operations/incidents"
WHY = {"because": "ticket 12, 2850529123457"}


async def poisoned(probe: Probe, consumer: Consumer) -> UUID:
    stream = uuid4()
    records = [probe.event(stream, 1, "poison"), probe.event(stream, 2, "b")]
    async with running(consumer):
        await probe.publish(stream, *records)
        await until(lambda: consumer.tally.total == len(records))
    return stream


async def ids(http: httpx.AsyncClient) -> list[int]:
    return [item["id"] for item in (await http.get(HELD)).json()["items"]]


async def acts(http: httpx.AsyncClient) -> list[tuple[str, str, str, dict[str, int]]]:
    items = (await http.get("/v1/operations/acts")).json()["items"]
    return [(each["client"], each["act"], each["target"], each["outcome"]) for each in items]


async def test_a_retry_applies_what_is_held_of_the_stream_and_is_answered_again(
    probe: Probe, consumer: Consumer, fickle: Fickle, http: httpx.AsyncClient
) -> None:
    stream = await poisoned(probe, consumer)
    first, _ = await ids(http)
    assert (await http.post(f"{HELD}/{first}/retry")).json() == {"applied": 0}
    fickle.failure = None
    for _ in range(2):
        answer = await http.post(f"{HELD}/{first}/retry")
        assert (answer.status_code, answer.json()) == (200, {"applied": 2})
    assert await probe.notes(stream) == ["poison", "b"]
    assert await ids(http) == []
    assert await acts(http) == [
        ("exploitation", "held-retry", str(first), {"applied": 2}),
        ("exploitation", "held-retry", str(first), {"applied": 0}),
    ]


async def test_a_skip_needs_a_reason_and_keeps_it_without_a_persons_number(
    probe: Probe, consumer: Consumer, http: httpx.AsyncClient
) -> None:
    stream = await poisoned(probe, consumer)
    first, second = await ids(http)
    assert (await http.post(f"{HELD}/{first}/skip", json={"because": " "})).status_code == 422
    early = await http.post(f"{HELD}/{second}/skip", json=WHY)
    assert (early.status_code, early.json()["code"]) == (409, "held-not-next")
    for _ in range(2):
        answer = await http.post(f"{HELD}/{first}/skip", json=WHY)
        assert (answer.status_code, answer.json()) == (200, {"followed": 1})
    assert await probe.notes(stream) == ["b"]
    assert await acts(http) == [("exploitation", "held-skip", str(first), {"followed": 1})]
    kept = await probe.rows("select skipped_because from held_event where skipped_at is not null")
    assert "ticket 12" in str(kept)
    assert "2850529123457" not in str(kept) + str(await probe.rows("select * from operator_act"))


async def test_what_is_not_held_is_refused_in_both_languages(http: httpx.AsyncClient) -> None:
    for language, title in (("fr", "Aucun événement retenu"), ("en", "No event is held")):
        answer = await http.post(f"{HELD}/7/retry", headers={"Accept-Language": language})
        assert (answer.status_code, answer.json()["code"]) == (404, "held-unknown")
        assert answer.json()["title"].startswith(title)


async def test_a_contradicting_event_is_closed_with_a_note_and_may_open_again(
    probe: Probe, consumer: Consumer, http: httpx.AsyncClient
) -> None:
    stream = uuid4()
    async with running(consumer):
        await probe.publish(stream, probe.event(stream, 1, "a"), probe.event(stream, 1, "b"))
        await until(lambda: consumer.tally.conflicting == 1)
    [incident] = (await http.get(INCIDENTS)).json()["items"]
    for _ in range(2):
        answer = await http.post(f"{INCIDENTS}/{incident['id']}/close", json=WHY)
        assert (answer.status_code, answer.json()) == (200, {"closed": True})
    assert await probe.incidents() == []
    [shown] = (await http.get(INCIDENTS, params={"only_open": False})).json()["items"]
    assert shown["detail"]["closed_by"] == "exploitation"
    types = await probe.rows("select type from outbox where topic = 'incidents.v1' order by id")
    assert [name.rpartition(".")[2] for (name,) in types] == ["opened", "closed"]
    assert [act for _, act, _, _ in await acts(http)] == ["incident-close"]


async def test_an_incident_that_ends_with_its_cause_is_not_closed_over_it(
    probe: Probe, consumer: Consumer, http: httpx.AsyncClient
) -> None:
    await poisoned(probe, consumer)
    [incident] = (await http.get(INCIDENTS)).json()["items"]
    answer = await http.post(f"{INCIDENTS}/{incident['id']}/close", json=WHY)
    assert (answer.status_code, answer.json()["code"]) == (409, "incident-not-over")
    unknown = await http.post(f"{INCIDENTS}/{uuid4()}/close", json=WHY)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "incident-unknown")


async def test_acts_from_a_shell_are_recorded_as_such(
    probe: Probe, consumer: Consumer, http: httpx.AsyncClient
) -> None:
    await poisoned(probe, consumer)
    stream = uuid4()
    incidents = Incidents(probe.group, FixedClock(AT))
    async with running(consumer):
        await probe.publish(stream, probe.event(stream, 1, "a"), probe.event(stream, 1, "b"))
        await until(lambda: consumer.tally.conflicting == 1)
    assert "event-conflicting" in await operate_incidents(probe.db, incidents, [])
    items = (await http.get(INCIDENTS)).json()["items"]
    [incident] = [each for each in items if each["kind"] == "event-conflicting"]
    close = ["close", incident["id"], "ticket 12"]
    assert await operate_incidents(probe.db, incidents, close) == "closed"
    assert await operate_incidents(probe.db, incidents, close) == "was closed"
    unknown = ["close", str(uuid4()), "ticket 12"]
    assert await operate_incidents(probe.db, incidents, unknown) == "refused: incident-unknown"
    assert (await operate_incidents(probe.db, incidents, ["open"])).startswith("usage: ")
    first, _ = await ids(http)
    assert await operate_held(consumer.applier, ["skip", str(first), "ticket 12"]) == (
        "skipped; 1 held events followed"
    )
    assert [(by, act) for by, act, _, _ in await acts(http)] == [
        ("shell", "held-skip"),
        ("shell", "incident-close"),
    ]


async def test_only_operators_may(
    probe: Probe, http: httpx.AsyncClient, token: Callable[[str, str], Awaitable[str]]
) -> None:
    hris = {"Authorization": f"Bearer {await token('sirh-kerbrat', SERVICE)}"}
    for path in (f"{HELD}/1/retry", f"{HELD}/1/skip", f"{INCIDENTS}/{uuid4()}/close"):
        assert (await http.post(path, json=WHY, headers=hris)).status_code == 403
    async with probe.db.begin() as tx:
        assert await tx.scalar(text("select count(*) from operator_act")) == 0
