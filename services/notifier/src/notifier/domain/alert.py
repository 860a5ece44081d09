"""An alert: one row an episode, from the fact that opened it to the fact that ended it.

Built from events of other services (and from our own incident rows); told by letters, kept by
`store/alerts.py`. Its id is derived from the opening fact, so a fact read twice is one alert.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID, uuid5

from contracts.events import Awaited
from contracts.money import Amount
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

_NOTIFIER = UUID("c3ad37b0-6b87-5e0f-9d2a-6d1c3b5a8f10")

Kind = Literal[
    "technical-acknowledgement-overdue",
    "acknowledgement-overdue",
    "payment-overdue",
    "payment-gap",
    "incident",
]
State = Literal["open", "resolved"]
Resolution = Literal["came", "no-longer-awaited", "gap-closed", "incident-closed"]

OVERDUE_KINDS: dict[Awaited, Kind] = {
    "technical-acknowledgement": "technical-acknowledgement-overdue",
    "acknowledgement": "acknowledgement-overdue",
    "payment": "payment-overdue",
}


class _Facts(BaseModel):
    model_config = ConfigDict(frozen=True)


class Overdue(_Facts):
    """`missed_at` is when the lateness was found; it may be long after `due_at`."""

    about: Literal["overdue"] = "overdue"
    awaited: Awaited
    revision: int
    since: AwareDatetime
    due_at: AwareDatetime
    missed_at: AwareDatetime


class Gap(_Facts):
    """Net euros; `gap` = expected - received, positive when money is missing."""

    about: Literal["gap"] = "gap"
    gap: Amount | None
    expected_net: Amount | None
    received_net: Amount


class Trouble(_Facts):
    """An incident inside Jonction; `detail` holds ids and codes, never content."""

    about: Literal["incident"] = "incident"
    incident_id: UUID
    service: str
    kind: str
    key: str
    detail: dict[str, str]


Facts = Annotated[Overdue | Gap | Trouble, Field(discriminator="about")]
FACTS: TypeAdapter[Overdue | Gap | Trouble] = TypeAdapter(Facts)


@dataclass(frozen=True, slots=True)
class Subject:
    """The case that an alert is about; an incident has none."""

    case_id: UUID
    declaration_id: UUID
    siret: str


@dataclass(frozen=True, slots=True)
class Alert:
    """`cause` is what can be open only once at a time: an overdue, a case's gap, an incident."""

    alert_id: UUID
    tenant: str
    kind: Kind
    cause: UUID
    opened_at: dt.datetime
    facts: Overdue | Gap | Trouble
    subject: Subject | None = None
    resolved_at: dt.datetime | None = None
    resolution: Resolution | None = None

    @property
    def state(self) -> State:
        return "open" if self.resolved_at is None else "resolved"


@dataclass(frozen=True, slots=True)
class Ending:
    """The fact that ends whatever is open for `cause`."""

    tenant: str
    cause: UUID
    at: dt.datetime
    resolution: Resolution


def alert_id(opening: UUID) -> UUID:
    """`opening` names the episode: the overdue's id, or the id of the event that opened a gap."""
    return uuid5(_NOTIFIER, f"alert|{opening}")


def episode(cause: UUID, at: dt.datetime) -> UUID:
    """Names one opening of a cause that may open again."""
    return uuid5(_NOTIFIER, f"episode|{cause}|{at.astimezone(dt.UTC).isoformat()}")
