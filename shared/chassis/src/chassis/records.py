"""A Kafka record as the consumer sees it: bytes, and the event in them if they are one."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from contracts.envelope import Event, content_hash, decode
from pydantic import ValidationError


class Unreadable(Exception):
    """Not an event envelope; says nothing of what it is, for that could be anything."""


@dataclass(frozen=True)
class Record:
    topic: str
    partition: int
    offset: int
    raw: bytes

    @cached_property
    def event(self) -> Event | None:
        try:
            return decode(self.raw)
        except ValidationError:
            return None

    @cached_property
    def event_id(self) -> UUID:
        """Of bytes that are no event, a digest in the same form: same bytes, same thing."""
        if self.event is not None:
            return self.event.id
        return UUID(bytes=hashlib.sha256(self.raw).digest()[:16])

    @cached_property
    def payload_hash(self) -> bytes:
        return b"" if self.event is None else content_hash(self.event.data)


def record_of(fetched: Any) -> Record:
    """A tombstone has no value: no event either."""
    return Record(fetched.topic, fetched.partition, fetched.offset, fetched.value or b"")
