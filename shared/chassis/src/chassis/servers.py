"""PostgreSQL and Kafka as a process finds them: there, away, or refusing us as the settings say.

A server that is away is waited for; one that refuses us is a wrong setting, told by its name.
"""

import asyncio
import contextlib
import socket

import asyncpg
import structlog
from asyncpg.exceptions import InvalidAuthorizationSpecificationError, PostgresError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chassis import kafka
from chassis.broker import Broker
from chassis.errors import WrongSetting
from chassis.patience import Patience
from chassis.settings import ServiceSettings

log = structlog.get_logger()
_ANSWER_SECONDS = 5.0
_AWAY = (OSError, PostgresError, TimeoutError)
# Kafka's troubles come as its own; of the rest, a file that is missing is no server.
_DATABASE = (ConnectionError, socket.gaierror, TimeoutError, PostgresError, PoolTimeout)


async def check_credentials(settings: ServiceSettings) -> None:
    """Before anything runs. Raises `WrongSetting`; what is away will be told by who needs it."""
    with contextlib.suppress(*_AWAY):
        await knock_database(settings.database.get_secret_value(), "JONCTION_DATABASE")
    with contextlib.suppress(*_AWAY):
        await kafka.knock(settings.broker)


async def await_database(url: str, setting: str) -> None:
    """Returns when the server takes us, after one line where that takes a while."""
    patience, told = Patience(0.5, 10), False
    while True:
        try:
            await knock_database(url, setting)
        except _AWAY as away:
            if not told:
                log.warning("waits for the database", setting=setting, error=type(away).__name__)
            told = True
            await asyncio.sleep(patience.next_seconds())
        else:
            return


async def reach_database(settings: ServiceSettings) -> None:
    """For an operator's command, which does not wait: `WrongSetting` also where nobody answers."""
    try:
        await knock_database(settings.database.get_secret_value(), "JONCTION_DATABASE")
    except _AWAY as away:
        raise WrongSetting(f"JONCTION_DATABASE: no answer ({type(away).__name__})") from away


async def knock_database(url: str, setting: str) -> None:
    """Connects once. Raises `WrongSetting`, or what the driver says of a server that is away."""
    address = url.replace("postgresql+asyncpg://", "postgresql://", 1)
    try:
        connection = await asyncpg.connect(address, timeout=_ANSWER_SECONDS)
    except InvalidAuthorizationSpecificationError as refused:
        raise WrongSetting(f"{setting}: PostgreSQL refuses this role or its password") from refused
    await connection.close()


async def describe(trouble: BaseException, broker: Broker) -> str:
    """Which server keeps us from working, and what it says; nothing that was sent or stored."""
    if isinstance(trouble, kafka.KafkaConnectionError):
        try:
            await kafka.knock(broker)
        except (WrongSetting, OSError) as told:
            return f"kafka: {told}"
    if isinstance(trouble, kafka.AUTHORIZATION):
        what = ", ".join(map(str, trouble.args))
        return f"kafka: {type(trouble).__name__}: user {broker.user} may not use {what}"
    if isinstance(trouble, kafka.MessageSizeTooLargeError):
        return f"kafka: {type(trouble).__name__}: {', '.join(map(str, trouble.args))}"
    if isinstance(trouble, kafka.KafkaError):
        return f"kafka: {type(trouble).__name__}"
    if isinstance(trouble, DBAPIError) and trouble.orig is not None:
        trouble = trouble.orig.__cause__ or trouble.orig
    if isinstance(trouble, _DATABASE):
        return f"database: {type(trouble).__name__}"
    return type(trouble).__name__
