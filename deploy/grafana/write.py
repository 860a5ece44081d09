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


def _quantile(share: float, metric: str, by: str = "le", chosen: str = "") -> str:
    return f"histogram_quantile({share}, {_rate(metric, by, chosen)})"


def _each_day(metric: str, by: str) -> str:
    return f"sum by ({by}) (increase({metric}[1d]))"


def _told_by_all(metric: str, by: str) -> str:
    """Every process of a service shows the same of the database: the highest, never the sum."""
    return f"max by ({by}) ({metric})"


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
            "half": _quantile(0.5, "jonction_http_seconds_bucket", chosen=POSTS),
            "99 of 100": _quantile(0.99, "jonction_http_seconds_bucket", chosen=POSTS),
        },
    ),
    Panel(
        "Reasons to refuse",
        "reqps",
        {"{{service}} {{code}}": _rate("jonction_refusals_total", "service, code")},
    ),
    Panel(
        "Outbox: events",
        "short",
        {"{{service}}": _told_by_all("jonction_outbox_rows", "service")},
    ),
    Panel(
        "Outbox: age of the oldest",
        "s",
        {"{{service}}": _told_by_all("jonction_outbox_oldest_seconds", "service")},
    ),
    Panel("Published", "eps", {"{{topic}}": _rate("jonction_events_published_total", "topic")}),
    Panel(
        "Consumer lag",
        "short",
        {"{{service}} {{topic}}": "sum by (service, topic) (jonction_consumer_lag)"},
    ),
    Panel(
        "Consumed",
        "eps",
        {"{{service}} {{outcome}}": _rate("jonction_events_consumed_total", "service, outcome")},
    ),
    Panel(
        "Events held",
        "short",
        {"{{service}} {{reason}}": _told_by_all("jonction_held_events", "service, reason")},
    ),
    Panel(
        "Incidents open",
        "short",
        {"{{service}} {{kind}}": _told_by_all("jonction_incidents_open", "service, kind")},
    ),
    Panel(
        "Gauges that the database did not tell",
        "short",
        {"{{service}}": _told_by_all("jonction_figures_unread", "service")},
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
        {"{{change}} {{outcome}}": _rate("jonction_accepts_total", "change, outcome")},
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
            "share": '1 - sum(increase(jonction_cpam_deposits_total{outcome!="Unclear"}[30m]))'
            " / sum(increase(jonction_cpam_deposits_total[30m]))"
        },
    ),
    Panel(
        "Calls to the CPAM: 99 of 100 within",
        "s",
        {"{{operation}}": _quantile(0.99, "jonction_cpam_call_seconds_bucket", "operation, le")},
    ),
    Panel(
        "Submissions without a final word",
        "short",
        {"{{caisse}} {{state}}": _told_by_all("jonction_submissions_open", "caisse, state")},
    ),
    Panel(
        "Answers a day",
        "short",
        {"{{verdict}} {{outcome}}": _each_day("jonction_cpam_answers_total", "verdict, outcome")},
    ),
    Panel(
        "From deposit to answer: 9 of 10 within (business time)",
        "s",
        {
            "{{caisse}}": "histogram_quantile(0.9, "
            + _each_day("jonction_cpam_answer_delay_seconds_bucket", "caisse, le")
            + ")"
        },
    ),
    Panel(
        "Payment slips a day", "short", {"{{state}}": _each_day("jonction_slips_total", "state")}
    ),
    Panel(
        "Payment statements",
        "eps",
        {"statements": _rate("jonction_events_published_total", "topic", 'topic="statements.v1"')},
    ),
    Panel(
        "Euros matched a day",
        "currencyEUR",
        {"{{sense}}": _each_day("jonction_matched_euros_total", "sense")},
    ),
    Panel("Cases open", "short", {"{{state}}": _told_by_all("jonction_cases_open", "state")}),
    Panel(
        "Euros of open cases",
        "currencyEUR",
        {
            "{{amount}}": "sum by (amount) ("
            + _told_by_all("jonction_cases_open_euros", "state, amount")
            + ")"
        },
    ),
    Panel(
        "Payments tied to no case",
        "short",
        {"{{status}}": _told_by_all("jonction_payments_open", "status")},
    ),
    Panel("Alerts open", "short", {"{{kind}}": _told_by_all("jonction_alerts_open", "kind")}),
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
        "Partners that do not answer",
        "ops",
        {
            "{{schedule}}": _rate(
                "jonction_schedule_failures_total", "schedule", 'error="Unavailable"'
            )
        },
    ),
    Panel("Mails a day", "short", {"{{state}}": _each_day("jonction_mails_total", "state")}),
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
