"""A letter: one mail about the start or the end of an alert, and how its life may go.

A letter is `queued` until each of its addressees has taken or refused it. The Message-ID comes from
the alert and the kind alone: whatever is sent twice carries the same one, and readers show it once.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

LetterKind = Literal["start", "end"]
LetterState = Literal["queued", "sent", "refused"]
Reply = Literal["accepted", "refused", "later"]


@dataclass(frozen=True, slots=True)
class Letter:
    """`answers_to` is the Message-ID of the start, so that mail readers show both as one thread."""

    kind: LetterKind
    message_id: str
    answers_to: str | None
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """A stored letter on its way to those addressees that have neither taken nor refused it."""

    mail_id: UUID
    kind: LetterKind
    message_id: str
    answers_to: str | None
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str
    written_at: dt.datetime
    attempt: int
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What one addressee's server replied; `code` is the SMTP reply code."""

    reply: Reply
    code: int
    text: str = ""


def message_id(alert: UUID, kind: LetterKind, domain: str) -> str:
    return f"<{alert}.{kind}@{domain}>"


def state_after(replies: dict[str, Reply]) -> LetterState:
    """The letter's state once these are its addressees' last replies.

    Somebody asked to be tried later: still queued. Otherwise one taker is enough to be sent.
    """
    if not replies or "later" in replies.values():
        return "queued"
    return "sent" if "accepted" in replies.values() else "refused"
