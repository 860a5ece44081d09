"""The collector's words: slips that it could not read or that do not add up."""

import datetime as dt
from uuid import UUID

from ops_console.partner.upstream import Away, Told, Upstream


class Reason(Told):
    code: str
    place: str | None
    title: str
    fix: str


class Slip(Told):
    id: UUID
    account: str
    name: str
    state: str
    reason: Reason | None
    fetched_at: dt.datetime


class Slips(Told):
    items: list[Slip]
    next: str | None


class Collector:
    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def quarantined(self) -> Slips | Away:
        return await self._upstream.read(Slips, "/v1/slips", state="quarantined", limit=20)
