"""The report as a table that a French HR person reads; plain lines where there is no terminal."""

from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from local_platform.report import PARIS
from local_platform.story import Story

STATES = {
    "announced": "annoncé",
    "declared": "déclaré",
    "received": "déposé",
    "in-progress": "en traitement",
    "documents-requested": "pièces demandées",
    "accepted": "accepté",
    "refused": "rejeté",
    "partly-paid": "payé en partie",
    "gap": "écart",
    "settled": "soldé",
    "paid-to-employee": "payé au salarié",
    "cancelled": "annulé",
}


def show_report(report: dict[str, Any], stories: list[Story], console: Console) -> None:
    titles = {story.name: story for story in stories}
    table = Table(title="Dossiers / cases", title_justify="left", expand=False)
    for heading in ("scénario", "ce qui se passe", "état"):
        table.add_column(heading, overflow="fold")
    for heading in ("attendu net", "reçu net", "écart"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("alertes", overflow="fold")
    for case in report["cases"]:
        table.add_row(
            case["scenario"],
            f"{titles[case['scenario']].title}. {titles[case['scenario']].sees}",
            STATES.get(case["state"], case["state"]),
            _net(case["expected"]),
            _net(case["received"]),
            case["gap"] or "inconnu",
            "\n".join(map(_alert, case["alerts"])),
        )
    console.print(table)
    refused = Table(title="Refusées à l'entrée / refused", title_justify="left")
    for heading in ("scénario", "HTTP", "champ", "code"):
        refused.add_column(heading, overflow="fold")
    for each in report["refused"]:
        for error in each["errors"]:
            refused.add_row(each["scenario"], str(each["status"]), error["field"], error["code"])
    if report["refused"]:
        console.print(refused)


def _net(amounts: dict[str, str] | None) -> str:
    return amounts["net"] if amounts else "inconnu"


def _alert(alert: dict[str, Any]) -> str:
    ended = _paris_day(alert["resolved_at"]) if alert["resolved_at"] else "ouverte"
    opened = _paris_day(alert["opened_at"])
    return f"{alert['kind']} {opened} → {ended}, {alert['mails']} courriel(s)"


def _paris_day(instant: str) -> str:
    return f"{datetime.fromisoformat(instant).astimezone(PARIS):%d/%m}"
