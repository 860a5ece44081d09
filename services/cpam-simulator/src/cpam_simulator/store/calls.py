"""Every partner call that mattered: deposits, queries, confirmations, and any call that a fault
hit.
"""

import json
from collections.abc import Sequence

from cpam_simulator.store import world
from cpam_simulator.store.database import Tx
from cpam_simulator.store.tables import written


def add(
    tx: Tx,
    account: str,
    operation: str,
    control_numbers: Sequence[str],
    *,
    body_sha256: str | None,
    fault: str | None,
    outcome: str,
    traceparent: str | None = None,
) -> None:
    tx.execute(
        "insert into call (at, account, operation, control_numbers, body_sha256, fault, outcome,"
        " traceparent) values (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            written(world.get(tx).now),
            account,
            operation,
            json.dumps(list(control_numbers)),
            body_sha256,
            fault,
            outcome,
            traceparent,
        ),
    )
