"""The judge's view, read only: what was filed and how often, what was answered, what was deposited.

No person fields: an arrêt is told by its number here, its account, SIRET and first day.
"""

import json
from typing import Any

from cpam_simulator.store.database import Tx


def read_ledger(tx: Tx, control_number: str | None = None) -> dict[str, Any]:
    """Everything, or filings, answers and calls of one control number."""
    return {
        "filings": _filings(tx, control_number),
        "doubles": _doubles(tx),
        "answers": _answers(tx, control_number),
        "slips": _slips(tx),
        "calls": _calls(tx, control_number),
    }


def _filings(tx: Tx, number: str | None) -> list[dict[str, Any]]:
    rows = tx.execute(
        "select f.account, f.control_number, f.nature, f.origin, f.arret, f.revision, a.siret,"
        " f.first_day, f.last_day, min(f.filed_at) filed_at, count(*) count,"
        " f.fingerprint sha256, group_concat(f.reference) refs,"
        " group_concat(f.body_sha256) bodies, count(distinct f.fingerprint) contents"
        " from filing f join arret a on a.id = f.arret"
        " where :number is null or f.control_number = :number"
        " group by f.account, f.control_number order by min(f.id)",
        {"number": number},
    )
    named = {"refs": "references", "bodies": "body_sha256"}
    listed = []
    for row in rows:
        item = dict(row)
        for short, name in named.items():
            item[name] = str(item.pop(short)).split(",")
        listed.append(item)
    return listed


def _doubles(tx: Tx) -> list[dict[str, Any]]:
    """The same content filed more than once, under one number or several."""
    rows = tx.execute(
        "select account, arret, nature, count(*) count, group_concat(control_number) numbers"
        " from filing group by account, content having count(*) > 1 order by min(id)"
    )
    return [
        {
            "account": row["account"],
            "arret": row["arret"],
            "nature": row["nature"],
            "count": row["count"],
            "control_numbers": str(row["numbers"]).split(","),
        }
        for row in rows
    ]


def _answers(tx: Tx, number: str | None) -> list[dict[str, Any]]:
    rows = tx.execute(
        "select id, account, control_number, reference, script,"
        " json_extract(body, '$.verdict') verdict, json_extract(body, '$.code') code,"
        " due_at, sent, first_sent_at, confirmed_at from answer"
        " where :number is null or control_number = :number order by due_at, id",
        {"number": number},
    )
    return [dict(row) for row in rows]


def _slips(tx: Tx) -> list[dict[str, Any]]:
    rows = tx.execute(
        "select f.account, f.name, f.at, f.caisse, f.identification, f.total, f.lines, f.faults,"
        " f.sha256, f.fetched, f.confirmed_at,"
        " (select group_concat(distinct s.script) from slip s where s.file = f.name"
        "  and s.account = f.account) scripts from slip_file f order by f.at, f.name"
    )
    return [
        {
            **dict(row),
            "faults": json.loads(row["faults"]),
            "scripts": (row["scripts"] or "").split(",") if row["scripts"] else [],
        }
        for row in rows
    ]


def _calls(tx: Tx, number: str | None) -> list[dict[str, Any]]:
    rows = tx.execute(
        "select * from call where :number is null or exists"
        " (select 1 from json_each(control_numbers) where value = :number) order by id",
        {"number": number},
    )
    return [{**dict(row), "control_numbers": json.loads(row["control_numbers"])} for row in rows]
