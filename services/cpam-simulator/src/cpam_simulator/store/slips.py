"""Payment slips: planned ones, and the files that the caisse has deposited for an account."""

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from cpam_simulator.domain.script import Slip
from cpam_simulator.domain.slip import PlannedSlip
from cpam_simulator.store import world
from cpam_simulator.store.database import Tx
from cpam_simulator.store.tables import read, written


@dataclass(frozen=True, slots=True)
class Payee:
    """Whose account, caisse and arrêt a slip is for, unless the slip itself says otherwise."""

    account: str
    caisse: str
    siret: str
    nir: str = field(repr=False)
    last_name: str = field(repr=False)
    first_name: str = field(repr=False)


def plan(tx: Tx, payee: Payee, due_at: datetime, slip: Slip, script: str) -> None:
    tx.execute(
        "insert into slip"
        " (account, caisse, due_at, siret, nir, last_name, first_name, body, script)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            payee.account,
            slip.caisse or payee.caisse,
            written(due_at),
            slip.siret or payee.siret,
            slip.nir or payee.nir,
            slip.last_name or payee.last_name,
            slip.first_name or payee.first_name,
            slip.model_dump_json(by_alias=True),
            script,
        ),
    )


def drop_waiting(tx: Tx, script: str) -> None:
    tx.execute("delete from slip where script = ? and file is null", (script,))


def list_due(tx: Tx, now: datetime) -> list[PlannedSlip]:
    rows = tx.execute(
        "select * from slip where file is null and due_at <= ?"
        " order by due_at, account, caisse, id",
        (written(now),),
    )
    return [_planned(row) for row in rows]


def next_due(tx: Tx, now: datetime) -> datetime | None:
    row = tx.execute(
        "select min(due_at) from slip where file is null and due_at > ?", (written(now),)
    ).fetchone()
    return None if row[0] is None else read(row[0])


def next_number(tx: Tx) -> int:
    return int(tx.execute("select count(*) + 1 from slip_file").fetchone()[0])


def deposit(
    tx: Tx,
    slips: Sequence[PlannedSlip],
    name: str,
    identification: str,
    content: bytes,
    *,
    later: bytes | None = None,
    faults: Sequence[str] = (),
) -> None:
    """A new file for the account of these slips. `later` is what a second fetch will get."""
    total = sum((line.amount for slip in slips for line in slip.lines), Decimal(0))
    tx.execute(
        "insert into slip_file (name, account, at, caisse, identification, total, lines, faults,"
        " content, sha256, later, later_sha256) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            name,
            slips[0].account,
            written(slips[0].due_at),
            slips[0].caisse,
            identification,
            f"{total:.2f}",
            sum(len(slip.lines) for slip in slips),
            json.dumps(list(faults)),
            content,
            hashlib.sha256(content).hexdigest(),
            later,
            None if later is None else hashlib.sha256(later).hexdigest(),
        ),
    )
    tx.executemany("update slip set file = ? where id = ?", [(name, slip.id) for slip in slips])
    world.note_activity(tx)


def list_waiting(tx: Tx, account: str) -> list[dict[str, Any]]:
    rows = tx.execute(
        "select name, length(content) size, sha256, length(later) later_size, later_sha256, fetched"
        " from slip_file where account = ? and confirmed_at is null order by at, name",
        (account,),
    )
    listed = []
    for row in rows:
        changed = row["later_sha256"] is not None and row["fetched"] > 0
        listed.append(
            {
                "name": row["name"],
                "size": row["later_size"] if changed else row["size"],
                "sha256": row["later_sha256"] if changed else row["sha256"],
            }
        )
    return listed


def fetch(tx: Tx, account: str, name: str) -> bytes | None:
    """The file, confirmed or not; a second fetch may get other content (`changed-content`)."""
    row = tx.execute(
        "update slip_file set fetched = fetched + 1 where account = ? and name = ? returning *",
        (account, name),
    ).fetchone()
    if row is None:
        return None
    return bytes(
        row["later"] if row["later"] is not None and row["fetched"] > 1 else row["content"]
    )


def confirm(tx: Tx, account: str, name: str, now: datetime) -> bool:
    """Whether such a file exists; a file whose content is to change comes back once, changed."""
    row = tx.execute(
        "select * from slip_file where account = ? and name = ?", (account, name)
    ).fetchone()
    if row is None:
        return False
    if row["later"] is not None and row["fetched"] <= 1:
        return True
    done = tx.execute(
        "update slip_file set confirmed_at = ? where account = ? and name = ?"
        " and confirmed_at is null",
        (written(now), account, name),
    ).rowcount
    world.note_activity(tx, done)
    return True


def _planned(row: sqlite3.Row) -> PlannedSlip:
    body = Slip.model_validate_json(row["body"])
    return PlannedSlip(
        row["id"],
        row["account"],
        row["caisse"],
        read(row["due_at"]),
        row["siret"],
        row["nir"],
        row["last_name"],
        row["first_name"],
        body.lines,
        body.indus,
        body.faults,
    )
