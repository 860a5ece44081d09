"""Codes of the platform in French, and the tone in which each is shown.

A tone is a colour with a meaning and never stands without the label. `info` is under way, `warn`
asks for somebody's attention, `bad` has gone wrong, `good` is finished well, `calm` says nothing.
"""

from dataclasses import dataclass
from typing import Literal

Tone = Literal["calm", "info", "good", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Label:
    text: str
    tone: Tone = "calm"


CASE_STATES: dict[str, Label] = {
    "announced": Label("Annoncé"),
    "declared": Label("Déclaré", "info"),
    "received": Label("Reçu par la CPAM", "info"),
    "in-progress": Label("En traitement", "info"),
    "documents-requested": Label("Pièces demandées", "warn"),
    "accepted": Label("Accepté", "info"),
    "refused": Label("Refusé", "bad"),
    "partly-paid": Label("Payé en partie", "info"),
    "gap": Label("Écart", "bad"),
    "settled": Label("Soldé", "good"),
    "paid-to-employee": Label("Payé au salarié", "good"),
    "cancelled": Label("Annulé"),
}

ALERT_FILTERS: dict[str, str] = {
    "technical-acknowledgement-overdue": "Accusés techniques",
    "acknowledgement-overdue": "Réponses de la CPAM",
    "payment-overdue": "Paiements en retard",
    "payment-gap": "Écarts",
    "incident": "Incidents",
}

RESOLUTIONS: dict[str, str] = {
    "came": "ce qui était attendu est arrivé",
    "no-longer-awaited": "plus attendu",
    "gap-closed": "écart soldé",
    "incident-closed": "incident clos",
}

AWAITED: dict[str, str] = {
    "technical-acknowledgement": "Accusé de réception technique de la CPAM",
    "acknowledgement": "Réponse métier de la CPAM",
    "payment": "Paiement des indemnités journalières",
}

RISKS: dict[str, str] = {
    "maladie": "Maladie",
    "accident-travail": "Accident du travail",
    "accident-trajet": "Accident de trajet",
    "maladie-professionnelle": "Maladie professionnelle",
}

CHANGES: dict[str, str] = {
    "initial": "Arrêt déclaré",
    "prolongation": "Prolongation déclarée",
    "correction": "Déclaration corrigée",
    "return-to-work": "Reprise du travail déclarée",
    "cancellation": "Déclaration annulée",
}

VERDICTS: dict[str, Label] = {
    "received": Label("Dépôt reçu", "info"),
    "in-progress": Label("Confirmation de traitement", "info"),
    "accepted": Label("Acceptation", "good"),
    "rejected": Label("Rejet", "bad"),
    "documents-requested": Label("Demande de pièces", "warn"),
}

MAIL_STATES: dict[str, Label] = {
    "queued": Label("en attente d'envoi", "warn"),
    "sent": Label("envoyé", "good"),
    "refused": Label("refusé par tous", "bad"),
}

SERVICES: dict[str, str] = {
    "declaration-gateway": "Passerelle de déclaration",
    "cpam-adapter": "Liaison CPAM",
    "bpij-collector": "Collecte des bordereaux BPIJ",
    "matcher": "Rapprochement",
    "event-feed": "Flux assureurs",
    "notifier": "Alertes par mail",
    "ops-console": "Console",
    "cpam-simulator": "CPAM simulée",
}

AWAY: dict[str, str] = {
    "unreachable": "ne répond pas",
    "refused": "refuse la lecture",
    "unreadable": "a répondu sous une forme illisible",
}

CONDITIONS: dict[str, Label] = {
    "ready": Label("Prêt", "good"),
    "not-ready": Label("Pas prêt", "warn"),
    "away": Label("Injoignable", "bad"),
}

CHECKS: dict[str, str] = {
    "database": "Base de données",
    "relay": "Publication",
    "consumer": "Lecture des événements",
}

UNKNOWN_REASONS: dict[str, str] = {
    "pay-history": "historique de paie insuffisant",
    "parameters": "paramètres légaux manquants pour cette période",
}


def label(table: dict[str, Label], code: str) -> Label:
    """A code that this console does not know yet is shown as it is."""
    return table.get(code, Label(code))
