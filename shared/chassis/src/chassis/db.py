"""The service's database as its service role sees it: one pool, and transactions that doors open.

A door writes `async with db.begin() as tx:`; what is inside commits together at the exit or not at
all. Flows are handed the open `tx` and never commit.
"""

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from asyncpg.exceptions import InterfaceError, PostgresConnectionError
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from chassis.errors import Unavailable

Tx = AsyncConnection
Begin = Callable[[], AbstractAsyncContextManager[Tx]]

COMMAND_SECONDS = 30
WAIT_FOR_CONNECTION_SECONDS = 5

_SESSION = {
    "application_name": "jonction",
    "lock_timeout": "10s",
    # A transaction forgotten open holds locks and keeps vacuum from the outbox.
    "idle_in_transaction_session_timeout": "30s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "2",
}

# What a power cut may lose after the answer 202 has gone out, were one of these off.
_DURABLE = ("fsync", "full_page_writes", "synchronous_commit")

_TRANSIENT_STATES = ("08", "53", "57", "40001", "40P01", "55P03")


_AFTER = "after_commit"


class Forgetful(RuntimeError):
    """No work is done on a server whose commits do not outlive a power cut."""


class Database:
    def __init__(self, url: str, *, size: int = 10) -> None:
        """`url` starts with `postgresql+asyncpg://`."""
        self._engine = create_async_engine(
            url,
            pool_size=size,
            max_overflow=0,
            pool_timeout=WAIT_FOR_CONNECTION_SECONDS,
            connect_args={
                "timeout": WAIT_FOR_CONNECTION_SECONDS,
                "command_timeout": COMMAND_SECONDS,
                "server_settings": _SESSION,
            },
        )

        event.listen(self._engine.sync_engine, "checkout", _refuse_closed)
        self._single = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._is_durable = False

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Tx]:
        """The first one also checks the server, so that a service may start before it is there."""
        if not self._is_durable:
            await self.check_durability()
        acts: list[Callable[[], None]] = []
        async with self._engine.begin() as tx:
            tx.info[_AFTER] = acts
            yield tx
        for act in acts:
            act()

    @asynccontextmanager
    async def single(self) -> AsyncIterator[Tx]:
        """For one statement that is a whole transaction: committed, durably, when it returns.

        `begin` sends two messages more. A second statement here would be a second transaction.
        """
        async with self._single.connect() as tx:
            yield tx

    async def check_durability(self) -> None:
        """Raises where the server may forget what it has acknowledged."""
        async with self._engine.begin() as tx:
            found = await tx.execute(
                text("select name from pg_settings where name = any(:names) and setting = 'off'"),
                {"names": list(_DURABLE)},
            )
            off = sorted(found.scalars())
        if off:
            raise Forgetful(f"PostgreSQL would lose acknowledged writes: {', '.join(off)} = off")
        self._is_durable = True

    async def ready(self) -> str | None:
        try:
            async with self.begin() as tx:
                await tx.execute(text("select 1"))
        except Forgetful as refused:
            return str(refused)
        except (DBAPIError, PoolTimeout, OSError, TimeoutError, InterfaceError) as away:
            return f"database: {type(away).__name__}"
        return None

    async def close(self) -> None:
        await self._engine.dispose()


def after_commit(tx: Tx, act: Callable[[], None]) -> None:
    """For counters: done once `tx` is committed, and never if it is rolled back."""
    tx.info.setdefault(_AFTER, []).append(act)


@asynccontextmanager
async def savepoint(tx: Tx) -> AsyncIterator[None]:
    """What is done inside, what it told `after_commit` included, is undone if it fails."""
    acts: list[Callable[[], None]] = tx.info[_AFTER]
    before = len(acts)
    try:
        async with tx.begin_nested():
            yield
    except BaseException:
        del acts[before:]
        raise


def _refuse_closed(connection: Any, record: Any, proxy: Any) -> None:
    """The pool then opens another one. A ping would cost three round trips a transaction; a server
    that went away has closed its connections, which the driver knows without asking."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def is_transient(raised: BaseException) -> bool:
    """Whether the same work may succeed later without anybody changing anything."""
    if isinstance(raised, DBAPIError):
        state = getattr(raised.orig, "sqlstate", None) or ""
        cause = getattr(raised.orig, "__cause__", None)
        return (
            raised.connection_invalidated
            or state.startswith(_TRANSIENT_STATES)
            or (cause is not None and is_transient(cause))
        )
    return isinstance(
        raised,
        Unavailable
        | PoolTimeout
        | TimeoutError
        | ConnectionError
        | socket.gaierror
        | PostgresConnectionError,
    ) or (type(raised) is OSError)
