"""A fact opens an alert: the alert and its first letter are stored together."""

from chassis.db import Tx

from notifier.domain.alert import Alert
from notifier.partner.letters import Letters
from notifier.store import alerts, mails


async def open_alert(tx: Tx, alert: Alert, letters: Letters) -> None:
    """A fact read again, or newer facts about what is open already, write no second letter."""
    if await alerts.open_(tx, alert):
        await mails.queue(tx, alert.alert_id, letters.write(alert, "start"), alert.opened_at)
    else:
        await alerts.refresh(tx, alert.tenant, alert.cause, alert.facts)
