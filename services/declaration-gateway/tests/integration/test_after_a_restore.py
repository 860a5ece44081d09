"""A gateway whose database was restored knows again what it had told, and moves it on."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from chassis.db import Database
from chassis.errors import Refused
from contracts.envelope import Event, compose
from contracts.events import BY_TYPE
from declaration_gateway import consumers
from sqlalchemy import text

URL = "/v1/declarations"
Key = Callable[[], dict[str, str]]
FORGOTTEN = ("idempotency", "revision", "declaration")


async def forget(db: Database) -> list[Event]:
    """What was told, and the tables as a backup has them that was taken before it."""
    async with db.begin() as tx:
        rows = list(await tx.execute(text("select * from outbox order by id")))
        for table in FORGOTTEN:
            await tx.execute(text("delete from " + table))
    return [
        compose(
            topic=row.topic,
            source="declaration-gateway",
            type=row.type,
            stream=row.stream_id,
            version=row.version,
            epoch=1,
            tenant=row.tenant,
            time=row.occurred_at,
            traceparent=None,
            data=bytes(row.data),
        )
        for row in rows
    ]


async def remember(db: Database, *events: Event) -> None:
    reactions = {each.model.type: each.reaction for each in consumers.recall().own}
    for event in events:
        async with db.begin() as tx:
            data = BY_TYPE[event.type].model_validate(event.data)
            await reactions[event.type](tx, event, data)


async def test_a_declaration_of_the_lost_time_reads_as_before_and_can_be_revised(
    http: httpx.AsyncClient, key: Key, maladie: dict[str, Any], gateway_db: Database
) -> None:
    declared = (await http.post(URL, json=maladie, headers=key())).json()
    where = declared["links"]["self"]
    change = {"change": "return-to-work", "returned_on": "2026-03-10"}
    back = await http.post(f"{where}/revisions", json=change, headers=key())
    assert back.status_code == 202, back.text
    before = (await http.get(where)).json()
    told = await forget(gateway_db)
    assert (await http.get(where)).status_code == 404
    await remember(gateway_db, *told)
    assert (await http.get(where)).json() == before
    cancel = await http.post(f"{where}/revisions", json={"change": "cancellation"}, headers=key())
    assert (cancel.status_code, cancel.json()["revision"]) == (202, 3), cancel.text


async def test_a_request_of_the_lost_time_sent_again_is_refused_and_names_its_declaration(
    http: httpx.AsyncClient, key: Key, maladie: dict[str, Any], gateway_db: Database
) -> None:
    known_as = key()
    declared = (await http.post(URL, json=maladie, headers=known_as)).json()
    await remember(gateway_db, *await forget(gateway_db))
    again = await http.post(URL, json=maladie, headers=known_as)
    assert (again.status_code, again.json()["code"]) == (409, "declaration-overlaps")
    assert declared["declaration_id"] in again.text


async def test_an_older_declaration_that_is_known_moves_on_by_what_was_told(
    http: httpx.AsyncClient, key: Key, maladie: dict[str, Any], gateway_db: Database
) -> None:
    declared = (await http.post(URL, json=maladie, headers=key())).json()
    where = declared["links"]["self"]
    prolonged = {"change": "prolongation", "last": "2026-04-04", "subrogation_last": "2026-06-30"}
    await http.post(f"{where}/revisions", json=prolonged, headers=key())
    before = (await http.get(where)).json()
    first, second = await forget(gateway_db)
    await remember(gateway_db, first)
    assert (await http.get(where)).json()["revision"] == 1
    await remember(gateway_db, second)
    assert (await http.get(where)).json() == before


async def test_the_highest_revision_stands_in_whatever_order_they_are_told(
    http: httpx.AsyncClient, key: Key, maladie: dict[str, Any], gateway_db: Database
) -> None:
    declared = (await http.post(URL, json=maladie, headers=key())).json()
    where = declared["links"]["self"]
    change = {"change": "return-to-work", "returned_on": "2026-03-10"}
    await http.post(f"{where}/revisions", json=change, headers=key())
    read = (where, f"{where}/history", URL)
    before = [(await http.get(each)).json() for each in read]
    first, second = await forget(gateway_db)
    await remember(gateway_db, second, first)
    assert [(await http.get(each)).json() for each in read] == before
    cancel = await http.post(f"{where}/revisions", json={"change": "cancellation"}, headers=key())
    assert (cancel.status_code, cancel.json()["revision"]) == (202, 3), cancel.text


async def test_declarations_of_the_same_days_one_after_the_other_are_both_known_again(
    http: httpx.AsyncClient, key: Key, maladie: dict[str, Any], gateway_db: Database
) -> None:
    first = (await http.post(URL, json=maladie, headers=key())).json()["links"]["self"]
    await http.post(f"{first}/revisions", json={"change": "cancellation"}, headers=key())
    second = (await http.post(URL, json=maladie, headers=key())).json()["links"]["self"]
    before = [(await http.get(each)).json() for each in (first, second)]
    declared, cancelled, again = await forget(gateway_db)
    await remember(gateway_db, again)
    with pytest.raises(Refused):
        await remember(gateway_db, declared)
    await remember(gateway_db, cancelled, declared)
    assert [(await http.get(each)).json() for each in (first, second)] == before
