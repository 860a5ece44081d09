"""The one SQLite connection, in a thread of its own; every act is one transaction, on disk when it
returns.

`await store.run(act, ...)` calls `act(db, ...)` between BEGIN and COMMIT. Acts run one after the
other.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from cpam_simulator.store.tables import ADDED, TABLES

Tx = sqlite3.Connection
"""Inside `Store.run`: an open transaction, which the act never ends."""

P = ParamSpec("P")
T = TypeVar("T")


class Store:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._db: sqlite3.Connection | None = None

    async def open(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._connect)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._disconnect)
        self._thread.shutdown()

    async def run(
        self, act: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **named: P.kwargs
    ) -> T:
        def once() -> T:
            if self._db is None:
                raise RuntimeError("the store is not open")
            self._db.execute("begin")
            try:
                result = act(self._db, *args, **named)
            except BaseException:
                self._db.execute("rollback")
                raise
            self._db.execute("commit")
            return result

        # Shielded: a caller that goes away must not leave a half-known transaction behind.
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, once))

    def _connect(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(self._path, isolation_level=None)
        db.row_factory = sqlite3.Row
        db.execute("pragma journal_mode = wal")
        db.execute("pragma synchronous = full")
        db.execute("pragma foreign_keys = on")
        db.executescript(TABLES)
        for table, column, kind in ADDED:
            if column not in {row["name"] for row in db.execute(f"pragma table_info({table})")}:
                db.execute(f"alter table {table} add column {column} {kind}")
        self._db = db

    def _disconnect(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None


@contextlib.contextmanager
def performed(tx: Tx, *, keep: bool) -> Iterator[None]:
    """What is done inside is undone at its end, alone in its transaction, unless `keep`."""
    tx.execute("savepoint performed")
    try:
        yield
    finally:
        if not keep:
            tx.execute("rollback to performed")
        tx.execute("release performed")
