"""The health board: each service as its probes tell it, and what the platform has set aside."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from ops_console.domain.health import Condition
from ops_console.partner.adapter import Adapter, Quarantine
from ops_console.partner.collector import Collector, Slips
from ops_console.partner.matcher import Matcher
from ops_console.partner.matcher_words import Unmatched
from ops_console.partner.probes import examine
from ops_console.partner.upstream import Away, Upstream


@dataclass(frozen=True, slots=True)
class HealthPage:
    services: list[Condition]
    slips: Slips | Away
    answers: Quarantine | Away
    unmatched: Unmatched | Away

    @property
    def troubled(self) -> list[Condition]:
        return [service for service in self.services if service.troubled]


async def show_health(
    services: Sequence[Upstream], *, collector: Collector, adapter: Adapter, matcher: Matcher
) -> HealthPage:
    conditions, slips, answers, unmatched = await asyncio.gather(
        asyncio.gather(*(examine(service) for service in services)),
        collector.quarantined(),
        adapter.quarantine(),
        matcher.unmatched(),
    )
    return HealthPage(conditions, slips, answers, unmatched)
