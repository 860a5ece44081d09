"""The Kafka clients with our settings: the one place where aiokafka, which has no types, is built.

No transactions, no automatic commits, no automatic offsets: PostgreSQL decides where to read.
"""

import asyncio
import logging
import ssl

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import (
    CommitFailedError,
    GroupAuthorizationFailedError,
    IllegalStateError,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    OffsetOutOfRangeError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnsupportedSaslMechanismError,
)

from chassis.broker import Broker
from chassis.errors import WrongSetting

__all__ = [
    "AUTHORIZATION",
    "AIOKafkaConsumer",
    "AIOKafkaProducer",
    "CommitFailedError",
    "ConsumerRebalanceListener",
    "IllegalStateError",
    "KafkaConnectionError",
    "KafkaError",
    "KafkaTimeoutError",
    "MessageSizeTooLargeError",
    "OffsetOutOfRangeError",
    "TopicAuthorizationFailedError",
    "TopicPartition",
    "close",
    "group_consumer",
    "knock",
    "producer",
    "reader",
    "silence",
]

AUTHORIZATION = (TopicAuthorizationFailedError, GroupAuthorizationFailedError)
"""What the cluster's access rules refuse; the text of the error is the topic or the group."""

MAX_RECORD_BYTES = 1_000_000
REQUEST_MILLISECONDS = 10_000
_CLOSE_SECONDS = 3
_KNOCK_MILLISECONDS = 5_000
# OpenSSL's verify codes: self-signed, self-signed in the chain, issuer not found, no chain.
_UNKNOWN_AUTHORITY = (18, 19, 20, 21)


def silence() -> None:
    """The library writes an error line ten times a second while a broker is away; we write one."""
    for name in (
        "aiokafka",
        "aiokafka.conn",
        "aiokafka.cluster",
        "aiokafka.consumer",
        "aiokafka.producer",
    ):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def producer(broker: Broker, client: str) -> AIOKafkaProducer:
    return AIOKafkaProducer(
        **broker.options(),
        client_id=client,
        acks="all",
        enable_idempotence=True,
        max_batch_size=MAX_RECORD_BYTES,
        request_timeout_ms=REQUEST_MILLISECONDS,
        metadata_max_age_ms=30_000,
    )


def group_consumer(broker: Broker, group: str, *, session_seconds: float) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        **broker.options(),
        client_id=group,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="none",
        session_timeout_ms=int(session_seconds * 1000),
        heartbeat_interval_ms=int(session_seconds * 300),
        max_poll_interval_ms=300_000,
        fetch_max_wait_ms=250,
        max_partition_fetch_bytes=2 * MAX_RECORD_BYTES,
        # A request to join is answered when the other members have come or are given up.
        request_timeout_ms=int(session_seconds * 1000) + 5_000,
        # A topic that is made after us must not wait for the default of five minutes.
        metadata_max_age_ms=5_000,
    )


def reader(broker: Broker, client: str, *, fetch_bytes: int = 1) -> AIOKafkaConsumer:
    """Without a group: reads where it is told to, by default one record. The limit of one byte is
    no limit for the first batch of a fetch; it keeps the broker from sending more than that one."""
    return AIOKafkaConsumer(
        **broker.options(),
        client_id=client,
        enable_auto_commit=False,
        auto_offset_reset="none",
        max_partition_fetch_bytes=fetch_bytes,
        request_timeout_ms=REQUEST_MILLISECONDS,
        metadata_max_age_ms=5_000,
    )


async def close(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    """Bounded: with the broker away the library would wait for it."""
    connections = client.client if isinstance(client, AIOKafkaProducer) else client._client
    stopping = asyncio.create_task(client.stop())  # type: ignore[no-untyped-call]
    stopping.add_done_callback(_hear)
    await asyncio.wait([stopping], timeout=_CLOSE_SECONDS)
    if not stopping.done():
        # With its connections cut, whatever it waits for fails, and it can end.
        if isinstance(client, AIOKafkaProducer):
            client._sender.sender_task.cancel()
        await _cut(connections)
        await asyncio.wait([stopping], timeout=_CLOSE_SECONDS)
    if not stopping.done():
        stopping.cancel()
        await asyncio.wait([stopping], timeout=_CLOSE_SECONDS)
    # Its own end may have been cut short, and one of its tasks may have connected once more.
    await _cut(connections)


async def _cut(connections: AIOKafkaClient) -> None:
    """A frozen broker takes no bytes and answers no farewell, for which TLS waits half a minute.
    The library may swallow being cancelled: it is not waited for beyond the limit either."""
    for connection in connections._conns.values():
        if connection._writer is not None:
            connection._writer.transport.abort()
    closing = asyncio.create_task(connections.close())
    closing.add_done_callback(_hear)
    await asyncio.wait([closing], timeout=_CLOSE_SECONDS)
    closing.cancel()


def _hear(ended: "asyncio.Task[None]") -> None:
    """What a client says while it is closed interests nobody; unheard, it would be logged."""
    if not ended.cancelled():
        ended.exception()


async def knock(broker: Broker) -> None:
    """Connects once, as a client would. Raises `WrongSetting`, or `OSError` where nobody answers.

    The library's own start says of a wrong password what it says of a broker that is away.
    """
    away: Exception = OSError("no address")
    for host, port, _ in collect_hosts(broker.address):
        try:
            connection = await create_conn(
                host, port, request_timeout_ms=_KNOCK_MILLISECONDS, **broker.security()
            )
        except (SaslAuthenticationFailed, UnsupportedSaslMechanismError) as refused:
            raise WrongSetting(
                "JONCTION_KAFKA_USER or JONCTION_KAFKA_PASSWORD is wrong"
            ) from refused
        except ssl.SSLCertVerificationError as refused:
            if refused.verify_code in _UNKNOWN_AUTHORITY:
                raise WrongSetting("JONCTION_KAFKA_CA does not vouch for the brokers") from refused
            away = OSError(f"certificate of {host}:{port}: {refused.verify_message}")
        except (OSError, KafkaError, TimeoutError) as gone:
            away = OSError(f"{host}:{port}: {type(gone).__name__}")
        else:
            connection.close()
            return
    raise away
