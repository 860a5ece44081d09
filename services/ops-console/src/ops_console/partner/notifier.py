"""The notifier's words: alerts and their mails."""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from ops_console.partner.upstream import Away, Told, Upstream, found


class Words(Told):
    fr: str
    en: str


class Overdue(Told):
    about: Literal["overdue"]
    awaited: str
    revision: int
    since: dt.datetime
    due_at: dt.datetime
    missed_at: dt.datetime


class Gap(Told):
    about: Literal["gap"]
    gap: Decimal | None
    expected_net: Decimal | None
    received_net: Decimal


class Trouble(Told):
    about: Literal["incident"]
    incident_id: UUID
    service: str
    kind: str
    key: str
    detail: dict[str, str]


class Recipients(Told):
    accepted: int
    refused: int
    waiting: int

    @property
    def all(self) -> int:
        return self.accepted + self.refused + self.waiting


class Mail(Told):
    message_id: str
    kind: Literal["start", "end"]
    state: str
    written_at: dt.datetime
    sent_at: dt.datetime | None
    attempts: int
    recipients: Recipients


class Alert(Told):
    alert_id: UUID
    tenant: str
    kind: str
    state: Literal["open", "resolved"]
    title: Words
    opened_at: dt.datetime
    resolved_at: dt.datetime | None
    resolution: str | None
    case_id: UUID | None
    declaration_id: UUID | None
    siret: str | None
    facts: Annotated[Overdue | Gap | Trouble, Field(discriminator="about")]
    next_step: Words
    mails: list[Mail]


class AlertPage(Told):
    items: list[Alert]
    next: str | None


class Notifier:
    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def alerts(
        self,
        *,
        state: str | None = None,
        kind: str | None = None,
        declaration_id: UUID | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> AlertPage | Away:
        """Newest first."""
        return await self._upstream.read(
            AlertPage,
            "/v1/alerts",
            state=state,
            kind=kind,
            declaration_id=declaration_id,
            cursor=cursor,
            limit=limit,
        )

    async def alert(self, alert_id: UUID) -> Alert | Away | None:
        return await found(self._upstream.read(Alert, f"/v1/alerts/{alert_id}"))
