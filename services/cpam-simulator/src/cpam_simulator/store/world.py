"""The single row that all else hangs on: virtual now, tick, activity, mode, and the name of this
world.

`universe` is part of every reference that the simulator gives, so that two worlds on one platform
never give the same reference to two things.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from cpam_simulator.domain.capability import Mode
from cpam_simulator.store.database import Tx
from cpam_simulator.store.tables import EMPTIED, read, written


@dataclass(frozen=True, slots=True)
class World:
    now: datetime
    tick: int
    activity: int
    mode: Mode
    universe: str
    acted_to: datetime
    """Up to here the CPAM has done what it planned; before `now` only while a jump is held."""


def begin_world(tx: Tx, at: datetime) -> World:
    """Only a store that has no world yet gets one; a restart goes on where the clock stood."""
    tx.execute(
        "insert into world values (1, ?, 1, 0, 'B', ?, ?) on conflict do nothing",
        (written(at), _new_universe(), written(at)),
    )
    return get(tx)


def get(tx: Tx) -> World:
    row = tx.execute("select * from world").fetchone()
    return World(
        read(row["now"]),
        row["tick"],
        row["activity"],
        cast(Mode, row["mode"]),
        row["universe"],
        read(row["acted_to"]),
    )


def move(tx: Tx, to: datetime) -> None:
    tx.execute("update world set now = ?, tick = tick + 1", (written(to),))


def act(tx: Tx) -> None:
    """The CPAM catches up with its clock."""
    tx.execute("update world set acted_to = now")


def set_mode(tx: Tx, mode: Mode) -> None:
    tx.execute("update world set mode = ?", (mode,))


def note_activity(tx: Tx, things: int = 1) -> None:
    tx.execute("update world set activity = activity + ?", (things,))


def reset(tx: Tx, at: datetime, universe: str | None) -> World:
    """Forgets everything. The tick goes on, so that who reads the clock sees that it was moved."""
    tx.execute("pragma defer_foreign_keys = on")
    for table in EMPTIED:
        tx.execute(f"delete from {table}")
    tx.execute(
        "update world set now = ?, tick = tick + 1, activity = activity + 1, mode = 'B',"
        " universe = ?, acted_to = ?",
        (written(at), universe or _new_universe(), written(at)),
    )
    return get(tx)


def _new_universe() -> str:
    return secrets.token_hex(3).upper()
