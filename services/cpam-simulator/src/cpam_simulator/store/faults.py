"""Fault rules with their counters: which calls each has seen and how many it has hit."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cpam_simulator.domain.fault import KINDS, FaultRule
from cpam_simulator.domain.script import Match, Script
from cpam_simulator.store.database import Tx


@dataclass(frozen=True, slots=True)
class About:
    """One thing that a call is about. The arrêt and revision are those of its control number."""

    control_number: str
    arret: Match | None = None
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    rule: FaultRule
    targets: frozenset[str]
    """The control numbers of the call that the rule fits (all of them for a rule without number).
    """


def add(tx: Tx, rule: FaultRule) -> int:
    row = tx.execute(
        "insert into fault (operation, rule) values (?, ?) returning id",
        (rule.hits, rule.model_dump_json()),
    ).fetchone()
    return int(row[0])


def put_script(tx: Tx, script: Script) -> None:
    tx.execute("delete from fault where script = ?", (script.name,))
    if script.match is None:
        return
    for technical in script.technical:
        rule = FaultRule.model_validate(technical.model_dump(exclude={"revision"}))
        tx.execute(
            "insert into fault (operation, rule, script, siret, nir, first_day, revision)"
            " values (?, ?, ?, ?, ?, ?, ?)",
            (
                rule.hits,
                rule.model_dump_json(),
                script.name,
                script.match.siret,
                script.match.nir,
                script.match.first_day.isoformat(),
                technical.revision,
            ),
        )


def clear(tx: Tx) -> None:
    tx.execute("delete from fault")


def any_for(tx: Tx, operation: str) -> bool:
    row = tx.execute("select 1 from fault where operation = ? limit 1", (operation,)).fetchone()
    return row is not None


def pick(tx: Tx, operation: str, account: str, about: Sequence[About]) -> Hit | None:
    """The oldest rule that hits this call; it and those before it that fit have counted it."""
    rows = tx.execute(
        "select * from fault where operation = ? order by id", (operation,)
    ).fetchall()
    for row in rows:
        rule = FaultRule.model_validate_json(row["rule"])
        targets = _targets(row, rule, account, about)
        if targets is None or (rule.calls is not None and row["hits"] >= rule.calls):
            continue
        drawn = rule.drawn(row["seen"])
        tx.execute(
            "update fault set seen = seen + 1, hits = hits + ? where id = ?", (drawn, row["id"])
        )
        if drawn:
            return Hit(rule, targets)
    return None


def _targets(
    row: sqlite3.Row, rule: FaultRule, account: str, about: Sequence[About]
) -> frozenset[str] | None:
    """Which control numbers this rule is for; None when the call is not one of its own."""
    if rule.account is not None and rule.account != account:
        return None
    fitting = [one for one in about if rule.control_number in (None, one.control_number)]
    if row["script"] is not None:
        fitting = [one for one in fitting if _same_arret(row, one)]
    bound = rule.control_number is not None or row["script"] is not None
    # An empty list of answers has nothing to spoil: the rule waits for one that has.
    if not fitting and (bound or KINDS[rule.kind].scope == "collect"):
        return None
    return frozenset(one.control_number for one in fitting)


def _same_arret(row: sqlite3.Row, one: About) -> bool:
    return (
        one.arret is not None
        and one.revision == row["revision"]
        and one.arret.siret == row["siret"]
        and one.arret.nir == row["nir"]
        and one.arret.first_day.isoformat() == row["first_day"]
    )


def list_all(tx: Tx) -> list[dict[str, Any]]:
    rows = tx.execute("select * from fault order by id")
    return [
        {
            "id": row["id"],
            "script": row["script"],
            "seen": row["seen"],
            "hits": row["hits"],
            **FaultRule.model_validate_json(row["rule"]).model_dump(exclude_none=True),
        }
        for row in rows
    ]
