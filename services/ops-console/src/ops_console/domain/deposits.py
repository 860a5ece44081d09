"""Deposits at the CPAM and their proofs in the story of a case."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from ops_console.domain.entry import Entry

_PREPARED = "Dépôt préparé pour la CPAM"
_DOUBTS = {
    "UNKNOWN": "La CPAM est interrogée ; rien n'est envoyé une seconde fois d'ici là",
    "HUMAN": "Une personne doit trancher ; rien n'est envoyé d'ici là",
    "CONFLICT": "Des réponses de la CPAM se contredisent ; une personne doit trancher",
}
DOUBTFUL = frozenset(_DOUBTS)


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
    doubt: str | None = None
    """State of a deposit whose outcome is not clear: UNKNOWN, HUMAN or CONFLICT."""
    doubt_since: dt.datetime | None = None


def prepared_entry(number: int, at: dt.datetime) -> Entry:
    proof = [("Révision", str(number))]
    return Entry(at, "Jonction", _PREPARED, proof=proof)


def deposit_entries(deposit: Deposit) -> Iterator[Entry]:
    proof = [
        ("Révision", str(deposit.revision)),
        ("N° de contrôle", deposit.control_number),
        ("Empreinte SHA-256", deposit.content_sha256),
        ("Envois", str(deposit.attempts)),
    ]
    yield Entry(deposit.prepared_at, "Jonction", _PREPARED, proof=proof)
    if deposit.doubt is not None:
        at = deposit.doubt_since or deposit.prepared_at
        facts = [_DOUBTS[deposit.doubt]]
        yield Entry(at, "Jonction", "Dépôt à l'issue incertaine", "warn", facts=facts)
    if deposit.deposited_at is not None:
        facts = [] if deposit.reference is None else [f"Référence {deposit.reference}"]
        yield Entry(
            deposit.deposited_at, "CPAM", "Accusé de réception technique", "info", facts=facts
        )
    if deposit.refused_at is not None:
        facts = [] if deposit.refusal is None else [deposit.refusal]
        yield Entry(deposit.refused_at, "CPAM", "Dépôt refusé pour la forme", "bad", facts=facts)
