"""What an operator reads over HTTP."""

import pytest
from chassis.restoring import Restored
from chassis.settings import load
from cpam_adapter import consumers
from cpam_adapter.settings import Settings
from cpam_adapter.wiring import build
from httpx2 import ASGITransport, AsyncClient


@pytest.fixture
async def http(world, material, monkeypatch):
    values = {
        "mode": "test",
        "database": world.database_url,
        "directory": str(material.directory),
        "keys": str(material.keys("cpam-adapter")),
    }
    for name, value in values.items():
        monkeypatch.setenv(f"JONCTION_{name.upper()}", value)
    parts = build(load(Settings))
    transport = ASGITransport(app=parts.app)
    async with AsyncClient(transport=transport, base_url="http://adapter") as client:
        yield client
    for close in parts.closers:
        await close()


@pytest.fixture
async def operator(token):
    return {"Authorization": f"Bearer {await token('exploitation', 'cpam-adapter')}"}


async def test_a_submission_is_shown_with_attempts_evidence_and_answers(world, http, operator):
    await world.cpam.fault("commit-then-reset")
    await world.cpam.plan({"after": "PT1H", "verdict": "CONFIRMATION_TRAITEMENT"})
    submission = await world.declare()
    await world.adapter.submit()
    await world.later(minutes=2)
    await world.adapter.ask()
    await world.later(hours=1)
    await world.adapter.answers()
    found = await world.adapter.get(submission)
    listed = (
        await http.get(
            "/v1/submissions",
            params={"declaration_id": str(found.declaration_id)},
            headers=operator,
        )
    ).json()
    assert [item["id"] for item in listed["items"]] == [str(submission)]
    assert listed["next"] is None
    shown = (await http.get(f"/v1/submissions/{submission}", headers=operator)).json()
    assert (shown["state"], shown["reference"]) == ("IN_PROGRESS", found.reference)
    assert [item["outcome"] for item in shown["attempts"]] == ["unclear:connection"]
    assert [item["kind"] for item in shown["evidence"]] == ["query-found"]
    assert [item["verdict"] for item in shown["answers"]] == ["in-progress"]
    assert "envelope" not in shown


async def test_the_list_is_paged(world, http, operator):
    for letter in "abc":
        await world.declare(person_ref=letter * 64)
    first = (await http.get("/v1/submissions?limit=2", headers=operator)).json()
    rest = (
        await http.get(f"/v1/submissions?limit=2&cursor={first['next']}", headers=operator)
    ).json()
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)


async def test_what_is_quarantined_is_shown_without_anything_like_a_persons_number(
    world, http, operator
):
    await world.cpam.fault("malformed", operation="RecupererReponses", account="KERBRAT29")
    with pytest.raises(Exception, match="cannot be read"):
        await world.adapter.collect()
    (item,) = (await http.get("/v1/quarantine", headers=operator)).json()["items"]
    assert item["reason"] == "unreadable-malformed"
    shown = (await http.get(f"/v1/quarantine/{item['id']}", headers=operator)).json()
    assert shown["raw"]


@pytest.mark.parametrize("path", ["submissions", "quarantine"])
async def test_what_does_not_exist_is_refused_in_french_and_english(http, operator, path):
    missing = f"/v1/{path}/00000000-0000-0000-0000-000000000000"
    french = await http.get(missing, headers=operator)
    english = await http.get(missing, headers={**operator, "Accept-Language": "en"})
    assert (french.status_code, english.status_code) == (404, 404)
    assert french.json()["title"] != english.json()["title"]


async def test_only_an_operator_may_look(http, token):
    assert (await http.get("/v1/submissions")).status_code == 401
    hris = {"Authorization": f"Bearer {await token('sirh-kerbrat', 'cpam-adapter')}"}
    assert (await http.get("/v1/submissions", headers=hris)).status_code == 403


async def test_the_hold_after_a_restore_is_not_closed_over_what_it_holds(world, http, operator):
    async with world.adapter.db.begin() as tx:
        recall = consumers.recall(world.clock, world.adapter.incidents)
        await recall.begin(tx, Restored(2, world.clock.now(), {("declarations.v1", 0): 1}))
    incidents = "/v1/operations/incidents"
    (incident,) = (await http.get(incidents, headers=operator)).json()["items"]
    closed = await http.post(
        f"{incidents}/{incident['id']}/close", json={"because": "ticket 12"}, headers=operator
    )
    assert (closed.status_code, closed.json()["code"]) == (409, "incident-not-over")
    shown = (await http.get("/v1/deposits", headers=operator)).json()
    assert shown == {"held": True, "unread": True, "unasked": 0}
    released = await http.post("/v1/deposits/release", headers=operator)
    assert (released.status_code, released.json()["code"]) == (409, "deposits-not-read")
    assert await world.adapter.open_incidents() == ["cpam-deposits-held"]
