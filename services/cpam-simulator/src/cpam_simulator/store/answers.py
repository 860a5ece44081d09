"""Business answers: planned by scripts, due at a virtual instant, waiting until confirmed."""

from collections.abc import Sequence
from datetime import datetime

from cpam_simulator.domain.reply import DueAnswer
from cpam_simulator.domain.script import Answer
from cpam_simulator.store import world
from cpam_simulator.store.database import Tx
from cpam_simulator.store.filings import Arret, Filing
from cpam_simulator.store.tables import read, written


def add(tx: Tx, arret: Arret, filing: Filing, script: str, answer: Answer) -> None:
    number = tx.execute("select count(*) + 1 from answer").fetchone()[0]
    tx.execute(
        "insert into answer (id, account, control_number, reference, siret, script, body, due_at)"
        " values (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            f"REP-{world.get(tx).universe}-{number:09d}",
            arret.account,
            filing.control_number,
            filing.reference,
            arret.siret,
            script,
            answer.model_dump_json(),
            written(answer.due(filing.filed_at)),
        ),
    )


def list_due(tx: Tx, account: str, now: datetime, limit: int) -> list[DueAnswer]:
    rows = tx.execute(
        "select * from answer where account = ? and confirmed_at is null and due_at <= ?"
        " order by due_at, id limit ?",
        (account, written(now), limit),
    )
    return [
        DueAnswer(
            row["id"],
            row["control_number"],
            row["reference"],
            row["siret"],
            read(row["due_at"]),
            Answer.model_validate_json(row["body"]),
        )
        for row in rows
    ]


def mark_sent(tx: Tx, answers: Sequence[str], now: datetime) -> None:
    tx.executemany(
        "update answer set sent = sent + 1, first_sent_at = coalesce(first_sent_at, ?)"
        " where id = ?",
        [(written(now), answer) for answer in answers],
    )


def confirm(tx: Tx, account: str, answers: Sequence[str], now: datetime) -> int:
    done = 0
    for answer in answers:
        done += tx.execute(
            "update answer set confirmed_at = ? where id = ? and account = ? and due_at <= ?"
            " and confirmed_at is null",
            (written(now), answer, account, written(now)),
        ).rowcount
    if done:
        world.note_activity(tx, done)
    return done


def find_foreign_number(tx: Tx, account: str) -> str | None:
    """A control number that another account filed (fault `other-account`)."""
    row = tx.execute(
        "select control_number from filing where account <> ? order by id limit 1", (account,)
    ).fetchone()
    return None if row is None else str(row[0])


def next_due(tx: Tx, now: datetime) -> datetime | None:
    row = tx.execute(
        "select min(due_at) from answer where confirmed_at is null and due_at > ?", (written(now),)
    ).fetchone()
    return None if row[0] is None else read(row[0])
