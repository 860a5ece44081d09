"""How each service is: its probes, its counters, its held events and its incidents."""

import asyncio
import datetime as dt
import json

from prometheus_client.parser import text_string_to_metric_families

from ops_console.domain import health as ours
from ops_console.domain.health import Condition
from ops_console.partner.upstream import Away, Told, Upstream

_COUNTED = {
    "jonction_consumer_lag": "lag",
    "jonction_outbox_rows": "outbox",
    "jonction_notifier_mails_queued": "mails",
}


class Incident(Told):
    kind: str
    key: str
    opened_at: dt.datetime


class Incidents(Told):
    items: list[Incident]


class Held(Told):
    id: int


class HeldEvents(Told):
    items: list[Held]


async def examine(upstream: Upstream) -> Condition:
    """Never raises: a service that does not answer is a finding."""
    ready, metrics = await asyncio.gather(upstream.text("/ready"), upstream.text("/metrics"))
    if isinstance(ready, Away) or isinstance(metrics, Away):
        return Condition(upstream.name, "away")
    status, body = ready
    counts = _counts(metrics[1])
    held, incidents = await asyncio.gather(
        upstream.read(HeldEvents, "/v1/operations/held", limit=500),
        upstream.read(Incidents, "/v1/operations/incidents"),
    )
    return Condition(
        upstream.name,
        "ready" if status == 200 else "not-ready",
        reasons=_reasons(body),
        lag=counts.get("lag"),
        outbox=counts.get("outbox"),
        mails=counts.get("mails"),
        held=len(held.items) if isinstance(held, HeldEvents) else None,
        incidents=tuple(
            ours.Incident(each.kind, each.key, each.opened_at) for each in incidents.items
        )
        if isinstance(incidents, Incidents)
        else None,
    )


def _counts(metrics: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for family in text_string_to_metric_families(metrics):
        name = _COUNTED.get(family.name)
        if name is not None:
            counts[name] = round(sum(sample.value for sample in family.samples))
    return counts


def _reasons(body: str) -> dict[str, str]:
    try:
        reasons = json.loads(body).get("reasons", {})
    except (ValueError, AttributeError):
        return {"ready": "unreadable"}
    return {str(name): str(reason) for name, reason in reasons.items()}
