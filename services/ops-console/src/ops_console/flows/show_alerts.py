"""The page of alerts: what is open, most pressing first, and what was resolved lately."""

import asyncio
import datetime as dt
from dataclasses import dataclass

from ops_console.partner.notifier import Alert, AlertPage, Notifier, Overdue
from ops_console.partner.upstream import Away

_RECENT = 20
_MOST_OPEN = 200


@dataclass(frozen=True, slots=True)
class AlertsPage:
    open: list[Alert] | Away
    resolved: list[Alert] | Away
    more_open: bool
    kind: str | None
    now: dt.datetime


async def show_alerts(notifier: Notifier, now: dt.datetime, kind: str | None) -> AlertsPage:
    still_open, resolved = await asyncio.gather(
        notifier.alerts(state="open", kind=kind, limit=_MOST_OPEN),
        notifier.alerts(state="resolved", kind=kind, limit=_RECENT),
    )
    return AlertsPage(
        open=sorted(still_open.items, key=_since)
        if isinstance(still_open, AlertPage)
        else still_open,
        resolved=resolved.items if isinstance(resolved, AlertPage) else resolved,
        more_open=isinstance(still_open, AlertPage) and still_open.next is not None,
        kind=kind,
        now=now,
    )


def _since(alert: Alert) -> dt.datetime:
    """Longest overdue first."""
    return alert.facts.due_at if isinstance(alert.facts, Overdue) else alert.opened_at
