"""The story of a case in one ordered list: what the employer, the CPAM and Jonction did, and when.

Put together from a case file, its submissions and its alerts; what is still awaited stands at the
end, as the next thing that should happen.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from ops_console.domain import french
from ops_console.domain.alarms import Alarm, alarm_entries
from ops_console.domain.case_file import Answer, CaseFile, Expected, Payment, Revision, Turn
from ops_console.domain.deposits import Deposit, deposit_entries, prepared_entry
from ops_console.domain.entry import Entry
from ops_console.domain.labels import (
    AWAITED,
    CASE_STATES,
    CHANGES,
    RISKS,
    UNKNOWN_REASONS,
    VERDICTS,
    Tone,
    label,
)


@dataclass(frozen=True, slots=True)
class Day:
    """One Paris day of the story; `to_come` days hold what is awaited."""

    date: dt.date
    to_come: bool
    entries: list[Entry]


def timeline(case: CaseFile, deposits: Sequence[Deposit], alarms: Sequence[Alarm]) -> list[Day]:
    sent = {deposit.revision for deposit in deposits}
    entries = [
        *map(_revision, case.revisions),
        *_expectations(case.expected_history),
        *(entry for deposit in deposits for entry in deposit_entries(deposit)),
        *(prepared_entry(number, at) for number, at in case.prepared if number not in sent),
        *(_answer(answer) for answer in case.answers if not _told_by(answer, deposits)),
        *map(_payment, sorted(case.payments, key=_in_business_order)),
        *map(_turn, _told_turns(case.turns)),
        *(entry for alarm in alarms for entry in alarm_entries(alarm)),
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
            facts = [french.capital(why)]
            yield Entry(expected.at, "Jonction", "Montant attendu inconnu", "warn", facts=facts)
        else:
            title = "Indemnités attendues, recalculées" if place else "Indemnités attendues"
            yield Entry(expected.at, "Jonction", title, amount=expected.amounts.net)


_TOLD_TURNS = {"gap", "settled", "paid-to-employee", "cancelled"}


def _told_turns(turns: Sequence[Turn]) -> list[Turn]:
    """Where the case went through several states at one instant, only the last one counts."""
    last = {turn.at: turn for turn in turns}
    return [turn for turn in last.values() if turn.state in _TOLD_TURNS]


def _in_business_order(payment: Payment) -> tuple[dt.date, bool]:
    """Of one accounting day the reversals come first: they undo an earlier day."""
    return (payment.accounting_day, not payment.is_reversal)


def _turn(turn: Turn) -> Entry:
    state = label(CASE_STATES, turn.state)
    amount = turn.gap if turn.state == "gap" else None
    title = "Écart constaté" if turn.state == "gap" else f"Dossier {state.text.lower()}"
    return Entry(turn.at, "Jonction", title, state.tone, amount=amount)


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
        facts=[french.capital(french.days(run.first, run.last)) for run in runs],
        proof=[
            ("Bordereau", payment.slip),
            ("Date comptable", french.day(payment.accounting_day)),
        ],
        lines=payment.lines,
    )


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
