"""Alerts and their letters in the story of a case."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ops_console.domain import french
from ops_console.domain.entry import Entry
from ops_console.domain.labels import MAIL_STATES, label


@dataclass(frozen=True, slots=True)
class Told:
    """An alert's letter: `sent_at` is None while it waits."""

    kind: Literal["start", "end"]
    state: str
    sent_at: dt.datetime | None
    recipients: int
    message_id: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alert as the story needs it."""

    title: str
    opened_at: dt.datetime
    resolved_at: dt.datetime | None
    how: str | None
    mails: tuple[Told, ...]


def alarm_entries(alarm: Alarm) -> Iterator[Entry]:
    told = {mail.kind: mail for mail in alarm.mails}
    yield Entry(
        alarm.opened_at,
        "Alerte",
        alarm.title,
        "warn",
        facts=_mail_facts(told.get("start")),
        proof=_mail_proof(told.get("start")),
    )
    if alarm.resolved_at is not None:
        how = [french.capital(alarm.how)] if alarm.how else []
        yield Entry(
            alarm.resolved_at,
            "Alerte",
            f"Fin d'alerte : {alarm.title[:1].lower()}{alarm.title[1:]}",
            "good",
            facts=[*how, *_mail_facts(told.get("end"))],
            proof=_mail_proof(told.get("end")),
        )


def _mail_facts(mail: Told | None) -> list[str]:
    if mail is None:
        return []
    state = label(MAIL_STATES, mail.state).text
    return [f"Mail {state}, {french.count(mail.recipients, 'destinataire', 'destinataires')}"]


def _mail_proof(mail: Told | None) -> list[tuple[str, str]]:
    return [] if mail is None else [("Message-ID", mail.message_id.strip("<>"))]
