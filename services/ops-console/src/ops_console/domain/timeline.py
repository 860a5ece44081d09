"""The story of a case in one ordered list: what the employer, the CPAM and Jonction did, and when.

Put together from a case file, its submissions and its alerts; what is still awaited stands at the
end, as the next thing that should happen.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Literal

from ops_console.domain import french
from ops_console.domain.case_file import Answer, CaseFile, Expected, Line, Payment, Revision, Turn
from ops_console.domain.labels import (
    AWAITED,
    CASE_STATES,
    CHANGES,
    MAIL_STATES,
    RISKS,
    UNKNOWN_REASONS,
    VERDICTS,
    Tone,
    label,
)

Actor = Literal["Employeur", "CPAM", "Jonction", "Alerte"]


@dataclass(frozen=True, slots=True)
class Entry:
    """`proof` holds ids and references, folded away until somebody needs them."""

    at: dt.datetime
    actor: Actor
    title: str
    tone: Tone = "calm"
    amount: Decimal | None = None
    facts: list[str] = field(default_factory=list)
    proof: list[tuple[str, str]] = field(default_factory=list)
    lines: tuple[Line, ...] = ()
    to_come: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """One Paris day of the story; `to_come` days hold what is awaited."""

    date: dt.date
    to_come: bool
    entries: list[Entry]


@dataclass(frozen=True, slots=True)
class Deposit:
    """One revision as it was sent to the CPAM; proofs of it."""

    revision: int
    prepared_at: dt.datetime
    control_number: str
    content_sha256: str
    attempts: int
    reference: str | None = None
    deposited_at: dt.datetime | None = None
    refused_at: dt.datetime | None = None
    refusal: str | None = None


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


def timeline(case: CaseFile, deposits: Sequence[Deposit], alarms: Sequence[Alarm]) -> list[Day]:
    sent = {deposit.revision for deposit in deposits}
    entries = [
        *map(_revision, case.revisions),
        *_expectations(case.expected_history),
        *(entry for deposit in deposits for entry in _deposit(deposit)),
        *(_prepared(number, at) for number, at in case.prepared if number not in sent),
        *(_answer(answer) for answer in case.answers if not _told_by(answer, deposits)),
        *map(_payment, case.payments),
        *(_turn(turn) for turn in case.turns if turn.state in _TOLD_TURNS),
        *(entry for alarm in alarms for entry in _alarm(alarm)),
        *_awaited(case),
    ]
    # Stable: what happens at one instant stays in the order above, cause before effect.
    entries.sort(key=lambda entry: (entry.to_come, entry.at))
    days = groupby(entries, key=lambda entry: (entry.to_come, _shown_day(entry)))
    return [Day(date, to_come, list(group)) for (to_come, date), group in days]


def _shown_day(entry: Entry) -> dt.date:
    """A due instant at midnight belongs to the day that ends there."""
    return french.paris_day(entry.at - dt.timedelta(seconds=1) if entry.to_come else entry.at)


def _revision(revision: Revision) -> Entry:
    facts = [
        f"{RISKS.get(revision.risk, revision.risk)}, "
        f"{french.days(revision.period.first, revision.period.last)}"
    ]
    if revision.subrogation is not None:
        run = revision.subrogation
        facts.append(f"Subrogation {french.days(run.first, run.last)}")
    elif not revision.cancelled:
        facts.append("Sans subrogation : les indemnités vont au salarié")
    if revision.returned_on is not None:
        facts.append(f"Retour au travail le {french.day(revision.returned_on)}")
    return Entry(
        at=revision.declared_at,
        actor="Employeur",
        title=CHANGES.get(revision.change, revision.change),
        facts=[] if revision.cancelled else facts,
    )


def _expectations(history: Sequence[Expected]) -> Iterator[Entry]:
    for place, expected in enumerate(history):
        if expected.amounts is None:
            why = UNKNOWN_REASONS.get(expected.unknown_because or "", "montant inconnu")
            facts = [_capital(why)]
            yield Entry(expected.at, "Jonction", "Montant attendu inconnu", "warn", facts=facts)
        else:
            title = "Indemnités attendues, recalculées" if place else "Indemnités attendues"
            yield Entry(expected.at, "Jonction", title, amount=expected.amounts.net)


_PREPARED = "Dépôt préparé pour la CPAM"


def _prepared(number: int, at: dt.datetime) -> Entry:
    proof = [("Révision", str(number))]
    return Entry(at, "Jonction", _PREPARED, proof=proof)


_TOLD_TURNS = {"gap", "settled", "paid-to-employee", "cancelled"}


def _turn(turn: Turn) -> Entry:
    state = label(CASE_STATES, turn.state)
    amount = turn.gap if turn.state == "gap" else None
    title = "Écart constaté" if turn.state == "gap" else f"Dossier {state.text.lower()}"
    return Entry(turn.at, "Jonction", title, state.tone, amount=amount)


def _deposit(deposit: Deposit) -> Iterator[Entry]:
    proof = [
        ("Révision", str(deposit.revision)),
        ("N° de contrôle", deposit.control_number),
        ("Empreinte SHA-256", deposit.content_sha256),
        ("Envois", str(deposit.attempts)),
    ]
    yield Entry(deposit.prepared_at, "Jonction", _PREPARED, proof=proof)
    if deposit.deposited_at is not None:
        facts = [] if deposit.reference is None else [f"Référence {deposit.reference}"]
        yield Entry(
            deposit.deposited_at, "CPAM", "Accusé de réception technique", "info", facts=facts
        )
    if deposit.refused_at is not None:
        facts = [] if deposit.refusal is None else [deposit.refusal]
        yield Entry(deposit.refused_at, "CPAM", "Dépôt refusé pour la forme", "bad", facts=facts)


def _told_by(answer: Answer, deposits: Sequence[Deposit]) -> bool:
    """A technical answer that the deposit itself already tells, with its proofs."""
    return answer.kind == "technical" and any(
        deposit.revision == answer.revision and (deposit.deposited_at or deposit.refused_at)
        for deposit in deposits
    )


def _answer(answer: Answer) -> Entry:
    verdict = label(VERDICTS, answer.verdict)
    facts = []
    if answer.code is not None:
        facts.append(f"{answer.code} : {answer.label}" if answer.label else answer.code)
    if answer.acceptance is not None:
        given = answer.acceptance
        facts.append(
            f"Indemnisé à partir du {french.day(given.first_payable_day)}, "
            f"accepté jusqu'au {french.day(given.accepted_until)}"
        )
        facts.append(f"Indemnité journalière brute {french.euros(given.daily_gross)}")
        if given.claim_number:
            facts.append(f"Sinistre n° {given.claim_number}")
    if answer.kind == "technical" and answer.reference:
        facts.append(f"Référence {answer.reference}")
    title = "Accusé de réception technique" if answer.kind == "technical" else verdict.text
    return Entry(
        at=answer.answered_at,
        actor="CPAM",
        title=title,
        tone=verdict.tone,
        facts=facts,
    )


def _payment(payment: Payment) -> Entry:
    whom = "à l'employeur" if payment.to_employer else "au salarié"
    title = f"Paiement {whom}"
    tone: Tone = "good"
    if payment.is_reversal:
        title, tone = "Reprise d'un paiement par la CPAM", "warn"
    elif "unreadable" in payment.kinds:
        title, tone = "Paiement à examiner", "warn"
    runs = [line.run for line in payment.lines if line.run is not None]
    return Entry(
        at=payment.received_at,
        actor="CPAM",
        title=title,
        tone=tone,
        amount=payment.amounts.net,
        facts=[_capital(french.days(run.first, run.last)) for run in runs],
        proof=[
            ("Bordereau", payment.slip),
            ("Date comptable", french.day(payment.accounting_day)),
        ],
        lines=payment.lines,
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _alarm(alarm: Alarm) -> Iterator[Entry]:
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
        how = [_capital(alarm.how)] if alarm.how else []
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


def _awaited(case: CaseFile) -> Iterator[Entry]:
    for wait in case.waits:
        if wait.state in ("pending", "missed"):
            late = wait.state == "missed"
            label_of_due = "Devait arriver" if late else "Au plus tard"
            yield Entry(
                wait.due_at,
                "CPAM",
                AWAITED.get(wait.awaited, wait.awaited),
                "warn" if late else "calm",
                facts=[
                    f"{label_of_due} : {french.due(wait.due_at)}",
                    f"Attendu depuis : {french.instant(wait.since)}",
                ],
                to_come=True,
            )
