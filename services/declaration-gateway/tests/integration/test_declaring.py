from collections.abc import Callable
from typing import Any

import httpx
from chassis.db import Database
from sqlalchemy import text

Key = Callable[[], dict[str, str]]
URL = "/v1/declarations"


async def test_a_declaration_is_stored_with_its_event_and_read_back(
    http: httpx.AsyncClient, key: Key, maladie: dict[str, Any], gateway_db: Database
) -> None:
    answer = await http.post(URL, json=maladie, headers=key())
    assert answer.status_code == 202, answer.text
    told = answer.json()
    assert told["revision"] == 1
    assert told["status"] == "declared"
    assert told["warnings"] == []
    async with gateway_db.begin() as tx:
        events = (await tx.execute(text("select stream_id, version, type from outbox"))).all()
    assert [(str(e.stream_id), e.version, e.type) for e in events] == [
        (told["declaration_id"], 1, "fr.jonction.declaration.submitted")
    ]
    read = (await http.get(told["links"]["self"])).json()
    assert read["status"] == "declared"
    assert read["period"] == maladie["period"]
    assert read["subrogation"] == {"first": "2026-03-02", "last": "2026-05-31"}
    assert read["answers"] == read["proofs"] == []
    assert read["case"] is None
