"""Door: HTTP in. Reads alerts with their mails; an HRIS sees its tenant's, and no incident."""

import base64
import binascii
import datetime as dt
from typing import Annotated
from uuid import UUID

from chassis.access import Caller, require
from chassis.db import Database
from chassis.errors import Refused
from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel

from notifier.domain.alert import Alert, Facts, Kind, Resolution, State
from notifier.domain.letter import LetterKind, LetterState
from notifier.domain.wording import TITLE, next_step
from notifier.store import alerts, mails

router = APIRouter(prefix="/v1")

Reader = Annotated[Caller, require("hris", "operator")]


class Recipients(BaseModel):
    """`waiting` have neither taken nor refused the mail yet."""

    accepted: int
    refused: int
    waiting: int


class MailView(BaseModel):
    """One Message-ID, however often it had to be sent. Instants are business time."""

    message_id: str
    kind: LetterKind
    state: LetterState
    written_at: AwareDatetime
    sent_at: AwareDatetime | None
    attempts: int
    recipients: Recipients


class Words(BaseModel):
    fr: str
    en: str


class AlertView(BaseModel):
    """`facts` by `about`: overdue (awaited, since, due), gap (net euros) or incident."""

    alert_id: UUID
    tenant: str
    kind: Kind
    state: State
    title: Words
    opened_at: AwareDatetime
    resolved_at: AwareDatetime | None
    resolution: Resolution | None
    case_id: UUID | None
    declaration_id: UUID | None
    siret: str | None
    facts: Facts
    next_step: Words
    mails: list[MailView]


class AlertList(BaseModel):
    items: list[AlertView]
    next: str | None


@router.get("/alerts")
async def list_alerts(
    request: Request,
    caller: Reader,
    *,
    state: State | None = None,
    kind: Kind | None = None,
    declaration_id: UUID | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> AlertList:
    """Newest first."""
    wanted = alerts.Filter(
        tenant=None if caller.role == "operator" else caller.tenant,
        incidents=caller.role == "operator",
        state=state,
        kind=kind,
        declaration_id=declaration_id,
    )
    db: Database = request.app.state.db
    async with db.begin() as tx:
        found = await alerts.list_(tx, wanted, after=_place(cursor), limit=limit + 1)
        page = found[:limit]
        copies = await mails.list_of(tx, [alert.alert_id for alert in page])
    more = len(found) > limit
    return AlertList(
        items=[_view(alert, copies.get(alert.alert_id, [])) for alert in page],
        next=_cursor(page[-1]) if more else None,
    )


@router.get("/alerts/{alert_id}")
async def get_alert(request: Request, caller: Reader, alert_id: UUID) -> AlertView:
    db: Database = request.app.state.db
    async with db.begin() as tx:
        alert = await alerts.find(tx, alert_id)
        copies = await mails.list_of(tx, [alert_id])
    if alert is None or not _may_see(caller, alert):
        raise Refused("not-found")
    return _view(alert, copies.get(alert_id, []))


def _may_see(caller: Caller, alert: Alert) -> bool:
    if alert.kind == "incident":
        return caller.role == "operator"
    return caller.may_see(alert.tenant)


def _view(alert: Alert, copies: list[mails.Copy]) -> AlertView:
    title, step = TITLE[alert.kind], next_step(alert)
    subject = alert.subject
    return AlertView(
        alert_id=alert.alert_id,
        tenant=alert.tenant,
        kind=alert.kind,
        state=alert.state,
        title=Words(fr=title.fr, en=title.en),
        opened_at=alert.opened_at,
        resolved_at=alert.resolved_at,
        resolution=alert.resolution,
        case_id=subject.case_id if subject else None,
        declaration_id=subject.declaration_id if subject else None,
        siret=subject.siret if subject else None,
        facts=alert.facts,
        next_step=Words(fr=step.fr, en=step.en),
        mails=[_mail(copy) for copy in copies],
    )


def _mail(copy: mails.Copy) -> MailView:
    return MailView(
        message_id=copy.message_id,
        kind=copy.kind,
        state=copy.state,
        written_at=copy.written_at,
        sent_at=copy.sent_at,
        attempts=copy.attempts,
        recipients=Recipients(accepted=copy.accepted, refused=copy.refused, waiting=copy.waiting),
    )


def _cursor(last: Alert) -> str:
    place = f"{last.opened_at.isoformat()} {last.alert_id}"
    return base64.urlsafe_b64encode(place.encode()).decode()


def _place(cursor: str | None) -> alerts.Place | None:
    if cursor is None:
        return None
    try:
        at, _, alert_id = base64.urlsafe_b64decode(cursor).decode().partition(" ")
        place = (dt.datetime.fromisoformat(at), UUID(alert_id))
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise Refused("cursor", field="cursor") from None
    if place[0].tzinfo is None:
        raise Refused("cursor", field="cursor")
    return place
