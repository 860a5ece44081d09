"""The CloudEvents 1.0 envelope (structured JSON) around every event.

A producer writes it strictly from the columns of its outbox row, a reader takes unknown attributes
and unknown data fields without complaint: within a version fields are only added.
"""

import hashlib
import json
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contracts.ids import event_id

CONTENT_TYPE = "application/cloudevents+json"


class Event(BaseModel):
    """One fact about one stream; `version` counts its facts 1, 2, 3... without holes.

    `epoch` is 1 until a database is restored from a backup, and raised with each restore.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str
    type: str
    subject: UUID
    time: AwareDatetime
    dataschema: str
    datacontenttype: Literal["application/json"] = "application/json"
    version: int = Field(ge=1)
    epoch: int = Field(ge=1)
    tenant: str
    traceparent: str | None = None
    data: dict[str, Any]

    @property
    def stream(self) -> UUID:
        return self.subject

    def encode(self) -> bytes:
        return self.model_dump_json(exclude_none=True).encode()


def compose(
    *,
    topic: str,
    source: str,
    type: str,
    stream: UUID,
    version: int,
    epoch: int,
    tenant: str,
    time: datetime,
    traceparent: str | None,
    data: bytes,
) -> Event:
    """The event of one outbox row: the same row gives the same bytes for ever."""
    return Event(
        id=event_id(topic, stream, epoch, version),
        source=f"urn:jonction:{source}",
        type=type,
        subject=stream,
        time=time,
        dataschema=f"urn:jonction:schema:{type}",
        version=version,
        epoch=epoch,
        tenant=tenant,
        traceparent=traceparent,
        data=json.loads(data),
    )


def decode(record: bytes) -> Event:
    """Raises `pydantic.ValidationError` (its text never leaves the consumer: it quotes the
    input).
    """
    return Event.model_validate_json(record)


def content_hash(data: dict[str, Any]) -> bytes:
    """SHA-256 over the data alone, in canonical JSON: independent of how the envelope is
    written.
    """
    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).digest()
