"""Idempotency keys are kept as long as the setting says, and no longer."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
from chassis.db import Database
from chassis.leases import real_now
from declaration_gateway.flows.forget_keys import forget_keys
from declaration_gateway.settings import GatewaySettings
from sqlalchemy import text

URL = "/v1/declarations"
Key = Callable[[], dict[str, str]]


async def test_a_key_is_forgotten_after_its_time_and_the_declaration_is_still_recognised(
    http: httpx.AsyncClient,
    key: Key,
    maladie: dict[str, Any],
    gateway_db: Database,
    settings: GatewaySettings,
) -> None:
    old, young = key(), key()
    first = await http.post(URL, json=maladie, headers=old)
    assert first.status_code == 202
    async with gateway_db.begin() as tx:
        before = real_now() - settings.keys_kept - timedelta(seconds=1)
        await tx.execute(text("update idempotency set recorded_at = :at"), {"at": before})
    later = maladie | {"period": {"first": "2026-04-01", "last": "2026-04-10"}}
    later |= {"subrogation": None, "last_worked_day": "2026-03-31"}
    assert (await http.post(URL, json=later, headers=young)).status_code == 202
    assert await forget_keys(gateway_db.begin, settings.keys_kept) == 1
    assert await forget_keys(gateway_db.begin, settings.keys_kept) == 0
    again = await http.post(URL, json=maladie, headers=old)
    assert (again.status_code, again.json()["duplicate"]) == (200, True)
    assert again.json()["declaration_id"] == first.json()["declaration_id"]
    assert (await http.post(URL, json=later, headers=young)).status_code == 202
