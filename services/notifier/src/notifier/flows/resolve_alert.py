"""A fact ends an alert: the end and its letter are stored together."""

from chassis.db import Tx

from notifier.domain.alert import Ending
from notifier.partner.letters import Letters
from notifier.store import alerts, mails


async def resolve_alert(tx: Tx, ending: Ending, letters: Letters) -> None:
    """Nothing open for this cause: it ended before, and both letters are written already."""
    alert = await alerts.resolve(tx, ending)
    if alert is not None:
        await mails.queue(tx, alert.alert_id, letters.write(alert, "end"), ending.at)
