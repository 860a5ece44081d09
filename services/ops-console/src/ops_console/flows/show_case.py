"""One case: its figures, the picture of its period, and its story out of three services."""

import asyncio
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ops_console.domain.alarms import Alarm, Told
from ops_console.domain.case_file import CaseFile
from ops_console.domain.deposits import DOUBTFUL, Deposit
from ops_console.domain.labels import RESOLUTIONS
from ops_console.domain.picture import Picture, picture
from ops_console.domain.timeline import Day, timeline
from ops_console.partner.adapter import Adapter, Submission, Submissions
from ops_console.partner.matcher import Matcher
from ops_console.partner.notifier import Alert, AlertPage, Mail, Notifier
from ops_console.partner.upstream import Away


@dataclass(frozen=True, slots=True)
class CasePage:
    case: CaseFile
    picture: Picture | None
    days: list[Day]
    deposits: list[Submission] | Away
    alerts: list[Alert] | Away
    now: dt.datetime

    @property
    def open_alerts(self) -> list[Alert]:
        found = [] if isinstance(self.alerts, Away) else self.alerts
        return [alert for alert in found if alert.state == "open"]


async def show_case(
    case_id: UUID, *, matcher: Matcher, adapter: Adapter, notifier: Notifier, now: dt.datetime
) -> CasePage | Away | None:
    """None when there is no such case; Away when the matcher, which holds it, does not answer."""
    case = await matcher.case_file(case_id)
    if case is None or isinstance(case, Away):
        return case
    sent, alerts = await asyncio.gather(
        adapter.submissions(case.declaration_id),
        notifier.alerts(declaration_id=case.declaration_id, limit=200),
    )
    deposits = sent.items if isinstance(sent, Submissions) else []
    told = alerts.items if isinstance(alerts, AlertPage) else []
    return CasePage(
        case=case,
        picture=picture(case),
        days=timeline(case, _deposits(deposits), _alarms(told)),
        deposits=deposits if isinstance(sent, Submissions) else sent,
        alerts=told if isinstance(alerts, AlertPage) else alerts,
        now=now,
    )


def _deposits(submissions: Sequence[Submission]) -> list[Deposit]:
    return [
        Deposit(
            revision=each.revision,
            prepared_at=each.prepared_at,
            control_number=each.control_number,
            content_sha256=each.content_sha256,
            attempts=each.attempt,
            reference=each.reference,
            deposited_at=each.deposited_at,
            refused_at=each.refused_at,
            doubt=each.state if each.state in DOUBTFUL else None,
            doubt_since=each.unclear_at,
            refusal=" ".join(filter(None, (each.refusal_code, each.refusal_label))) or None,
        )
        for each in submissions
    ]


def _alarms(alerts: Sequence[Alert]) -> list[Alarm]:
    return [
        Alarm(
            title=alert.title.fr,
            opened_at=alert.opened_at,
            resolved_at=alert.resolved_at,
            how=RESOLUTIONS.get(alert.resolution or ""),
            mails=tuple(map(_told, alert.mails)),
        )
        for alert in alerts
    ]


def _told(mail: Mail) -> Told:
    return Told(mail.kind, mail.state, mail.sent_at, mail.recipients.all, mail.message_id)
