"""Scripts by name, found by the arrêt that they match."""

from cpam_simulator.domain.script import Script
from cpam_simulator.store.database import Tx


def put(tx: Tx, script: Script) -> None:
    match = script.match
    tx.execute(
        "insert into script values (?, ?, ?, ?, ?) on conflict (name) do update set"
        " siret = excluded.siret, nir = excluded.nir, first_day = excluded.first_day,"
        " body = excluded.body",
        (
            script.name,
            match and match.siret,
            match and match.nir,
            match and match.first_day.isoformat(),
            script.model_dump_json(by_alias=True),
        ),
    )


def find(tx: Tx, siret: str, nir: str, first_day: str) -> Script | None:
    row = tx.execute(
        "select body from script where siret = ? and nir = ? and first_day = ?"
        " order by rowid desc limit 1",
        (siret, nir, first_day),
    ).fetchone()
    return None if row is None else Script.model_validate_json(row["body"])
