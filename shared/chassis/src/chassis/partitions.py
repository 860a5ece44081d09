"""Which of a topic's partitions a stream lives in, for ever.

The hash is the one of Kafka's own clients over the record key, so that outside tools find a stream
where we put it. The outbox freezes the answer in the row.
"""

from uuid import UUID

from aiokafka.partitioner import murmur2
from contracts.topics import PARTITIONS


def key_of(stream: UUID) -> bytes:
    return str(stream).encode()


def partition_of(stream: UUID) -> int:
    return int(murmur2(key_of(stream)) & 0x7FFFFFFF) % PARTITIONS
