"""What stops our own consumers cannot reach us by Kafka: our incident table is read directly."""

from chassis.db import Tx

from notifier.partner.letters import Letters
from notifier.store import alerts, mails, own_incidents


async def watch_own_incidents(tx: Tx, letters: Letters) -> int:
    """How many alerts were opened or resolved."""
    changed = 0
    for alert in await own_incidents.list_open(tx):
        if await alerts.open_(tx, alert):
            await mails.queue(tx, alert.alert_id, letters.write(alert, "start"), alert.opened_at)
            changed += 1
    for ending in await own_incidents.list_endings(tx):
        resolved = await alerts.resolve(tx, ending)
        if resolved is not None:
            await mails.queue(tx, resolved.alert_id, letters.write(resolved, "end"), ending.at)
            changed += 1
    return changed
