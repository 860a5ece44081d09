"""What was filed, and the arrêt that each filing belongs to: the ledger that judges fault tests."""

import sqlite3
from dataclasses import dataclass, field
from datetime import date, datetime

from cpam_simulator.domain.declaration import Declaration
from cpam_simulator.store import world
from cpam_simulator.store.database import Tx
from cpam_simulator.store.tables import read, written


@dataclass(frozen=True, slots=True)
class Arret:
    """One arrêt as the CPAM sees it: named by its first filing; later ones join by their origin."""

    id: int
    account: str
    siret: str
    nir: str = field(repr=False)
    first_day: date
    last_name: str = field(repr=False)
    first_name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Filing:
    id: int
    control_number: str
    arret: int
    revision: int
    reference: str
    fingerprint: str
    filed_at: datetime


def find_first(tx: Tx, account: str, control_number: str) -> Filing | None:
    """The oldest filing under this number; it may have several in modes that do not dedupe."""
    row = tx.execute(
        "select * from filing where account = ? and control_number = ? order by id limit 1",
        (account, control_number),
    ).fetchone()
    return None if row is None else _filing(row)


def count(tx: Tx, account: str, control_number: str) -> int:
    row = tx.execute(
        "select count(*) from filing where account = ? and control_number = ?",
        (account, control_number),
    ).fetchone()
    return int(row[0])


def find_arret(tx: Tx, declaration: Declaration, account: str) -> Arret | None:
    if declaration.origin is not None:
        origin = find_first(tx, account, declaration.origin)
        return None if origin is None else get_arret(tx, origin.arret)
    row = tx.execute(
        "select * from arret where account = ? and siret = ? and nir = ? and first_day = ?",
        (account, declaration.siret, declaration.nir, declaration.first_day.isoformat()),
    ).fetchone()
    return None if row is None else _arret(row)


def get_arret(tx: Tx, arret: int) -> Arret:
    return _arret(tx.execute("select * from arret where id = ?", (arret,)).fetchone())


def add_arret(tx: Tx, declaration: Declaration, account: str) -> Arret:
    row = tx.execute(
        "insert into arret (account, siret, nir, first_day, last_name, first_name)"
        " values (?, ?, ?, ?, ?, ?) returning *",
        (
            account,
            declaration.siret,
            declaration.nir,
            declaration.first_day.isoformat(),
            declaration.last_name,
            declaration.first_name,
        ),
    ).fetchone()
    return _arret(row)


def next_revision(tx: Tx, arret: int, control_number: str) -> int:
    """1 for the first number filed on this arrêt, 2 for the second; a repeat keeps its own."""
    row = tx.execute(
        "select coalesce(max(revision) filter (where control_number = ?),"
        " coalesce(max(revision), 0) + 1) from filing where arret = ?",
        (control_number, arret),
    ).fetchone()
    return int(row[0])


def add(tx: Tx, declaration: Declaration, arret: Arret, body_sha256: str) -> Filing:
    at = world.get(tx)
    revision = next_revision(tx, arret.id, declaration.control_number)
    number = tx.execute("select coalesce(max(id), 0) + 1 from filing").fetchone()[0]
    row = tx.execute(
        "insert into filing (id, account, control_number, nature, origin, arret, revision,"
        " first_day, last_day, reference, fingerprint, content, body_sha256, filed_at, tick)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning *",
        (
            number,
            arret.account,
            declaration.control_number,
            declaration.nature,
            declaration.origin,
            arret.id,
            revision,
            declaration.first_day.isoformat(),
            declaration.last_day.isoformat(),
            f"DEP-{at.universe}-{number:09d}",
            declaration.fingerprint,
            declaration.content,
            body_sha256,
            written(at.now),
            at.tick,
        ),
    ).fetchone()
    world.note_activity(tx)
    return _filing(row)


def list_unplanned(tx: Tx, siret: str, nir: str, first_day: str) -> list[Filing]:
    rows = tx.execute(
        "select f.* from filing f join arret a on a.id = f.arret"
        " where a.siret = ? and a.nir = ? and a.first_day = ? and f.planned = 0 order by f.id",
        (siret, nir, first_day),
    )
    return [_filing(row) for row in rows]


def was_planned(tx: Tx, filing: Filing) -> bool:
    row = tx.execute(
        "select 1 from filing where arret = ? and revision = ? and planned = 1",
        (filing.arret, filing.revision),
    ).fetchone()
    return row is not None


def mark_planned(tx: Tx, filing: Filing) -> None:
    tx.execute("update filing set planned = 1 where id = ?", (filing.id,))


def _filing(row: sqlite3.Row) -> Filing:
    return Filing(
        row["id"],
        row["control_number"],
        row["arret"],
        row["revision"],
        row["reference"],
        row["fingerprint"],
        read(row["filed_at"]),
    )


def _arret(row: sqlite3.Row) -> Arret:
    return Arret(
        row["id"],
        row["account"],
        row["siret"],
        row["nir"],
        date.fromisoformat(row["first_day"]),
        row["last_name"],
        row["first_name"],
    )
