"""Writes the two dashboards, `dashboards/flow.json` and `dashboards/money.json`, from the tables
below: one line a panel, with its title, its unit and its queries. `make schemas` runs this; a test
compares, and checks that each metric exists.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "dashboards"
_SOURCE = {"type": "prometheus", "uid": "prometheus"}


@dataclass(frozen=True)
class Panel:
    title: str
    unit: str
    queries: dict[str, str]
    """Legend to PromQL."""


def _rate(metric: str, by: str, chosen: str = "") -> str:
    return f"sum by ({by}) (rate({metric}{{{chosen}}}[$__rate_interval]))"


def _quantile(share: float, chosen: str) -> str:
    inner = _rate("jonction_http_seconds_bucket", "le", chosen)
    return f"histogram_quantile({share}, {inner})"


POSTS = 'service="declaration-gateway", method="POST"'

FLOW = (
    Panel("Services up", "short", {"up": 'sum(up{job="jonction"})'}),
    Panel(
        "Requests",
        "reqps",
        {"{{service}} {{status}}": _rate("jonction_http_requests_total", "service, status")},
    ),
    Panel(
        "Time to the 202",
        "s",
        {
            "half": _quantile(0.5, POSTS),
            "99 of 100": _quantile(0.99, POSTS),
        },
    ),
    Panel("Outbox: events", "short", {"{{service}}": "max by (service) (jonction_outbox_rows)"}),
    Panel(
        "Outbox: age of the oldest",
        "s",
        {"{{service}}": "max by (service) (jonction_outbox_oldest_seconds)"},
    ),
    Panel("Published", "eps", {"{{topic}}": _rate("jonction_events_published_total", "topic")}),
    Panel("Consumer lag", "short", {"{{service}}": "sum by (service) (jonction_consumer_lag)"}),
    Panel(
        "Consumed",
        "eps",
        {"{{service}} {{outcome}}": _rate("jonction_events_consumed_total", "service, outcome")},
    ),
    Panel(
        "Events held",
        "short",
        {"{{service}} {{reason}}": "max by (service, reason) (jonction_held_events)"},
    ),
    Panel(
        "Batches a twin had applied",
        "short",
        {"{{service}}": _rate("jonction_consumer_fenced_total", "service")},
    ),
    Panel(
        "Schedules: items done",
        "ops",
        {"{{schedule}}": _rate("jonction_schedule_work_total", "schedule")},
    ),
    Panel(
        "Schedules: runs that failed",
        "ops",
        {"{{schedule}} {{error}}": _rate("jonction_schedule_failures_total", "schedule, error")},
    ),
)

MONEY = (
    Panel(
        "Declared",
        "eps",
        {
            "declarations": _rate(
                "jonction_events_published_total", "topic", 'topic="declarations.v1"'
            )
        },
    ),
    Panel(
        "Deposits at the CPAM",
        "eps",
        {"{{outcome}}": _rate("jonction_cpam_deposits_total", "outcome")},
    ),
    Panel(
        "Deposits without a clear answer",
        "percentunit",
        {
            "share": 'sum(increase(jonction_cpam_deposits_total{outcome="Unclear"}[30m]))'
            " / sum(increase(jonction_cpam_deposits_total[30m]))"
        },
    ),
    Panel(
        "Answers and acknowledgements",
        "eps",
        {
            "submissions": _rate(
                "jonction_events_published_total", "topic", 'topic="submissions.v1"'
            )
        },
    ),
    Panel(
        "Payment slips fetched and read",
        "ops",
        {
            "{{schedule}}": _rate(
                "jonction_schedule_work_total", "schedule", 'schedule=~"fetch-slips.*|read-slip"'
            )
        },
    ),
    Panel(
        "Payment statements",
        "eps",
        {"statements": _rate("jonction_events_published_total", "topic", 'topic="statements.v1"')},
    ),
    Panel(
        "News of cases",
        "eps",
        {"cases": _rate("jonction_events_published_total", "topic", 'topic="cases.v1"')},
    ),
    Panel(
        "Deadlines acted on",
        "ops",
        {
            "deadlines": _rate(
                "jonction_schedule_work_total", "schedule", 'schedule="watch_deadlines"'
            )
        },
    ),
    Panel(
        "Caisses that do not answer",
        "ops",
        {
            "{{schedule}}": _rate(
                "jonction_schedule_failures_total", "schedule", 'error="Unavailable"'
            )
        },
    ),
    Panel("Mails that wait", "short", {"mails": "max(jonction_notifier_mails_queued)"}),
    Panel(
        "Since the notifier last looked",
        "s",
        {"notifier": "time() - max(jonction_notifier_heartbeat_seconds)"},
    ),
)


def written() -> dict[str, str]:
    """File name to content."""
    dashboards = {
        "flow": _dashboard("jonction-flow", "Jonction: flow", FLOW),
        "money": _dashboard("jonction-money", "Jonction: money and CPAM", MONEY),
    }
    return {
        f"{name}.json": json.dumps(each, indent=2, ensure_ascii=False) + "\n"
        for name, each in dashboards.items()
    }


def _dashboard(uid: str, title: str, panels: tuple[Panel, ...]) -> dict[str, Any]:
    return {
        "uid": uid,
        "title": title,
        "schemaVersion": 39,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "Europe/Paris",
        "tags": ["jonction"],
        "panels": [_panel(place, panel) for place, panel in enumerate(panels)],
    }


def _panel(place: int, panel: Panel) -> dict[str, Any]:
    row, column = divmod(place, 3)
    return {
        "id": place + 1,
        "type": "timeseries",
        "title": panel.title,
        "datasource": _SOURCE,
        "gridPos": {"x": 8 * column, "y": 8 * row, "w": 8, "h": 8},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + number), "expr": query, "legendFormat": legend}
            for number, (legend, query) in enumerate(panel.queries.items())
        ],
    }


if __name__ == "__main__":
    for file, content in written().items():
        (FOLDER / file).write_text(content, "utf-8")
