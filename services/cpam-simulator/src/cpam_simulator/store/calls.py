"""Every partner call that mattered: deposits, queries, confirmations, and any call that a fault
hit.
"""

import json
import sqlite3
from collections.abc import Sequence

from cpam_simulator.store import world
from cpam_simulator.store.tables import written


def add(
    db: sqlite3.Connection,
    account: str,
    operation: str,
    control_numbers: Sequence[str],
    *,
    body_sha256: str | None,
    fault: str | None,
    outcome: str,
) -> None:
    db.execute(
        "insert into call (at, account, operation, control_numbers, body_sha256, fault, outcome)"
        " values (?, ?, ?, ?, ?, ?, ?)",
        (
            written(world.get(db).now),
            account,
            operation,
            json.dumps(list(control_numbers)),
            body_sha256,
            fault,
            outcome,
        ),
    )
