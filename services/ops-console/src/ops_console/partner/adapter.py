"""The CPAM adapter's words: submissions with their proofs, and answers that could not be tied."""

import datetime as dt
from uuid import UUID

from ops_console.partner.upstream import Away, Told, Upstream


class Submission(Told):
    revision: int
    control_number: str
    content_sha256: str
    state: str
    prepared_at: dt.datetime
    unclear_at: dt.datetime | None
    attempt: int
    reference: str | None
    deposited_at: dt.datetime | None
    refusal_code: str | None
    refusal_label: str | None
    refused_at: dt.datetime | None


class Submissions(Told):
    items: list[Submission]


class Quarantined(Told):
    id: UUID
    account: str
    source: str
    reason: str
    control_number: str | None
    size: int
    at: dt.datetime


class Quarantine(Told):
    items: list[Quarantined]
    next: UUID | None


class Adapter:
    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def submissions(self, declaration_id: UUID) -> Submissions | Away:
        return await self._upstream.read(
            Submissions, "/v1/submissions", declaration_id=declaration_id, limit=100
        )

    async def quarantine(self) -> Quarantine | Away:
        return await self._upstream.read(Quarantine, "/v1/quarantine", limit=20)
