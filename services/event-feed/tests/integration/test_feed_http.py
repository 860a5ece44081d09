"""The reader's side: pull by cursor to the end, what is opened for whom, refusals, long poll."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest
from chassis.db import Database
from chassis.directory import Directory
from contracts import events
from event_feed.domain.visibility import Visibility
from event_feed.flows.place_entries import place_entries
from event_feed.settings import Settings
from event_feed.wiring import build
from jsonschema import Draft202012Validator, FormatChecker
from pydantic import SecretStr
from sqlalchemy import text

AURORE, KERBRAT, DELORME = "prevoyance-aurore", "sirh-kerbrat", "sirh-delorme"


@pytest.fixture
async def urls(new_database: Any) -> Any:
    return await new_database("event-feed")


@pytest.fixture
async def db(urls: Any) -> AsyncIterator[Database]:
    opened = Database(urls.service)
    yield opened
    await opened.close()


@pytest.fixture
def settings(urls: Any, keys_dir: Path, directory_file: Path) -> Settings:
    database = SecretStr(urls.service)
    return Settings(mode="test", database=database, keys=keys_dir, directory=directory_file)


@pytest.fixture
async def http(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    parts = build(settings)
    transport = httpx.ASGITransport(parts.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://feed") as client:
        yield client
    for close in parts.closers:
        await close()


Ask = Callable[..., Coroutine[Any, Any, httpx.Response]]


@pytest.fixture
def ask(http: httpx.AsyncClient, token: Callable[[str, str], Awaitable[str]]) -> Ask:
    async def get(client: str, path: str = "/v1/feed", **params: Any) -> httpx.Response:
        bearer = await token(client, "event-feed")
        headers = {"Authorization": f"Bearer {bearer}", "Accept-Language": "en"}
        return await http.get(path, params=params, headers=headers)

    return get


@pytest.fixture
async def placed(
    db: Database, recorded: Any, directory: Directory, visibility: Visibility
) -> Callable[..., Awaitable[None]]:
    async def take(*arrived: Any) -> None:
        await recorded(db, *arrived)
        while await place_entries(db.begin, directory.readers, visibility):
            pass

    return take


async def test_following_the_cursor_gives_each_entry_once(
    ask: Ask, placed: Any, story: Any
) -> None:
    told = story()
    await placed(await told.declared(), *(told.case(events.CaseExpected) for _ in range(9)))
    seen, cursor, more = [], None, True
    while more:
        params = {"limit": 4} | ({"cursor": cursor} if cursor else {})
        page = (await ask(AURORE, **params)).json()
        seen += [item["position"] for item in page["items"]]
        cursor, more = page["next"], page["more"]
    assert seen == list(range(1, 11))
    page = (await ask(AURORE, cursor=cursor)).json()
    assert (page["items"], page["next"], page["more"]) == ([], cursor, False)
    await placed(told.case(events.CaseExpected))
    page = (await ask(AURORE, cursor=cursor)).json()
    assert [item["position"] for item in page["items"]] == [11]


async def test_empty_feed_gives_a_cursor_to_start_from(ask: Ask, placed: Any, story: Any) -> None:
    page = (await ask(AURORE)).json()
    assert (page["items"], page["more"]) == ([], False)
    await placed(await story().declared())
    assert len((await ask(AURORE, cursor=page["next"])).json()["items"]) == 1


async def test_insurer_sees_person_and_pay_opened_and_no_bank(
    ask: Ask, placed: Any, story: Any
) -> None:
    told = story()
    statement = await told.paid()
    await placed(await told.declared(), statement, told.case(), told.matched(statement.stream))
    answer = await ask(AURORE)
    declared, paid, _, matched = answer.json()["items"]
    assert declared["data"]["person"] == {
        "nir": "1850475112042", "family_name": "Lefèvre", "given_names": "Camille",
        "birth_date": None,
    }  # fmt: skip
    assert len(declared["data"]["pay"]["months"]) == 12
    assert declared["subject"] == declared["declaration_id"] == str(told.declaration_id)
    assert paid["type"] == events.StatementReceived.type
    assert paid["declaration_id"] == str(told.declaration_id)
    assert paid["data"]["person"]["nir"] == "1850475112042"
    assert matched["data"]["statement_id"] == paid["subject"]
    assert not any(word in answer.text for word in ("FR76", "bank", "person_ref", "k1."))


async def test_hris_reader_sees_its_own_tenant_only_and_no_bank_either(
    ask: Ask, placed: Any, story: Any
) -> None:
    own, other = story(), story(tenant="transports-delorme")
    await placed(await own.declared(), await other.declared())
    answer = await ask(KERBRAT)
    assert [item["subject"] for item in answer.json()["items"]] == [str(own.declaration_id)]
    assert "FR76" not in answer.text
    assert len((await ask(AURORE)).json()["items"]) == 2


async def test_stored_entry_holds_no_person_in_clear(db: Database, placed: Any, story: Any) -> None:
    await placed(await story().declared())
    async with db.begin() as tx:
        stored = str((await tx.execute(text("select to_json(e) from entry e"))).all())
    assert not any(word in stored for word in ("1850475112042", "Camille", "FR76", "2400"))


async def test_every_item_follows_the_catalogue(ask: Ask, placed: Any, story: Any) -> None:
    told = story()
    statement = await told.paid()
    await placed(
        await told.declared(), told.prepared(), told.acknowledged(), told.case(), statement,
        told.matched(statement.stream),
    )  # fmt: skip
    for client, kind, count in ((AURORE, "insurer", 5), (KERBRAT, "hris", 6)):
        catalogue = (await ask(client, "/v1/feed/catalogue")).json()
        assert catalogue["reader_kind"] == kind
        schemas = {each["type"]: each["data_schema"] for each in catalogue["types"]}
        items = (await ask(client)).json()["items"]
        assert len(items) == count
        for item in items:
            Draft202012Validator(
                {**schemas[item["type"]], "additionalProperties": False},
                format_checker=FormatChecker(),
            ).validate(item["data"])


async def test_cursor_of_another_reader_is_refused_with_a_way_out(
    ask: Ask, placed: Any, story: Any
) -> None:
    await placed(await story().declared())
    foreign = (await ask(KERBRAT)).json()["next"]
    refused = await ask(AURORE, cursor=foreign)
    assert (refused.status_code, refused.json()["code"]) == (400, "cursor-unknown")
    assert "without a cursor" in refused.json()["detail"]
    forged = await ask(AURORE, cursor="1.AAAAAAAAAAAA")
    assert (forged.status_code, forged.json()["code"]) == (400, "cursor-unknown")


async def test_cursor_from_the_future_is_refused(
    ask: Ask, db: Database, placed: Any, story: Any
) -> None:
    await placed(await story().declared())
    ahead = (await ask(AURORE)).json()["next"]
    async with db.begin() as tx:
        await tx.execute(text("update head set last = 0"))
    refused = await ask(AURORE, cursor=ahead)
    assert (refused.status_code, refused.json()["code"]) == (400, "cursor-ahead")


async def test_cursor_of_before_a_restore_is_gone(
    ask: Ask, db: Database, new_database: Any, placed: Any, story: Any, urls: Any
) -> None:
    await placed(await story().declared())
    before = (await ask(AURORE)).json()["next"]
    owner = Database(urls.owner, size=1)
    async with owner.begin() as tx:
        await tx.execute(text("update epoch set number = 2"))
    await owner.close()
    refused = await ask(AURORE, cursor=before)
    assert (refused.status_code, refused.json()["code"]) == (410, "cursor-outdated")


async def test_who_has_no_feed_is_told_so(ask: Ask, http: httpx.AsyncClient) -> None:
    assert (await ask(DELORME)).json()["code"] == "no-feed"
    assert (await ask("exploitation")).status_code == 403
    assert (await http.get("/v1/feed")).status_code == 401


async def test_token_for_another_service_is_refused(
    http: httpx.AsyncClient, token: Callable[[str, str], Awaitable[str]]
) -> None:
    bearer = await token(AURORE, "matcher")
    answer = await http.get("/v1/feed", headers={"Authorization": f"Bearer {bearer}"})
    assert answer.status_code == 401


async def test_limit_and_wait_out_of_bounds_are_refused(ask: Ask) -> None:
    for params in ({"limit": 0}, {"limit": 501}, {"wait": 21}, {"wait": -1}):
        assert (await ask(AURORE, **params)).status_code == 422


async def test_long_poll_answers_when_something_comes(ask: Ask, placed: Any, story: Any) -> None:
    start = (await ask(AURORE)).json()["next"]
    asked = asyncio.create_task(ask(AURORE, cursor=start, wait=10))
    await asyncio.sleep(0.3)
    assert not asked.done()
    began = time.monotonic()
    await placed(await story().declared())
    assert len((await asked).json()["items"]) == 1
    assert time.monotonic() - began < 2


async def test_long_poll_ends_empty_after_its_time(ask: Ask) -> None:
    began = time.monotonic()
    page = (await ask(AURORE, wait=0.6)).json()
    assert page["items"] == []
    assert 0.5 < time.monotonic() - began < 3


async def test_sealed_field_moved_from_its_place_opens_nothing(
    ask: Ask, db: Database, placed: Any, story: Any
) -> None:
    """The ciphertext of one person in another person's entry must not be shown as theirs."""
    one, other = story(), story()
    await placed(await one.declared(), await other.declared())
    async with db.begin() as tx:
        found = await tx.execute(
            text("select data->>'person' from entry where stream_id = :id"),
            {"id": one.declaration_id},
        )
        moved = json.dumps(found.scalar_one())
        await tx.execute(
            text("update entry set data = jsonb_set(data, '{person}', cast(:moved as jsonb))"),
            {"moved": moved},
        )
    answer = await ask(AURORE)
    assert answer.status_code == 500
    assert "1850475112042" not in answer.text
