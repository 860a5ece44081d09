"""What an alert is called and what to do about it, French first, English second.

Read by the letters and, for the next step, by the API: the console shows the same words.
"""

from dataclasses import dataclass
from typing import Literal

from notifier.domain.alert import Alert, Gap, Kind, Resolution

Language = Literal["fr", "en"]


@dataclass(frozen=True, slots=True)
class Wording:
    fr: str
    en: str

    def in_(self, language: Language) -> str:
        return self.fr if language == "fr" else self.en


TITLE: dict[Kind, Wording] = {
    "technical-acknowledgement-overdue": Wording(
        "Accusé de réception technique en retard", "Technical acknowledgement overdue"
    ),
    "acknowledgement-overdue": Wording(
        "Réponse de la CPAM en retard", "Answer of the CPAM overdue"
    ),
    "payment-overdue": Wording(
        "Paiement des indemnités en retard", "Payment of the allowances overdue"
    ),
    "payment-gap": Wording("Écart de paiement", "Payment gap"),
    "incident": Wording("Incident technique", "Technical incident"),
}

AWAITED: dict[Kind, Wording] = {
    "technical-acknowledgement-overdue": Wording(
        "l'accusé de réception technique du dépôt par la CPAM",
        "the CPAM's technical acknowledgement of the deposit",
    ),
    "acknowledgement-overdue": Wording(
        "la réponse métier de la CPAM (confirmation, acceptation, rejet ou demande de pièces)",
        "the CPAM's business answer (confirmation, acceptance, rejection or request for documents)",
    ),
    "payment-overdue": Wording(
        "le paiement des indemnités journalières (bordereau BPIJ)",
        "the payment of the daily allowances (BPIJ slip)",
    ),
    "payment-gap": Wording(
        "le règlement de l'écart entre l'attendu et le reçu",
        "the settlement of the gap between expected and received",
    ),
    "incident": Wording("une intervention de l'exploitation", "an action of the operators"),
}

_MISSING = Wording(
    "Comparez dans le dossier les lignes payées et les jours attendus ; si l'écart est confirmé, "
    "adressez une réclamation à la CPAM en citant la déclaration.",
    "Compare the lines paid with the days expected in the case; if the gap is confirmed, claim it "
    "from the CPAM and quote the declaration.",
)
_TOO_MUCH = Wording(
    "La CPAM a versé plus que l'attendu. Ne reversez rien avant sa notification d'indu ; vérifiez "
    "dans le dossier les dates de reprise et de fin de subrogation.",
    "The CPAM paid more than expected. Pay nothing back before its notice of overpayment; check "
    "the return to work and the end of subrogation in the case.",
)

NEXT_STEP: dict[Kind, Wording] = {
    "technical-acknowledgement-overdue": Wording(
        "Ne déclarez pas une seconde fois : Jonction interroge la CPAM sur ce dépôt. "
        "L'exploitation vérifie la liaison avec la CPAM sur la page « État ».",
        "Do not declare again: Jonction asks the CPAM about this deposit. Operators check the link "
        "with the CPAM on the page “État”.",
    ),
    "acknowledgement-overdue": Wording(
        "Vérifiez que le salarié a envoyé son avis d'arrêt (premier motif de blocage), puis "
        "interrogez la CPAM en citant la référence du dépôt indiquée dans le dossier.",
        "Check that the employee sent the medical certificate (the commonest block), then ask the "
        "CPAM and quote the deposit reference shown in the case.",
    ),
    "payment-overdue": Wording(
        "Vérifiez dans le dossier l'acceptation, la période de subrogation et le compte bancaire, "
        "puis demandez la date de paiement à la CPAM. La créance se prescrit par deux ans.",
        "Check acceptance, subrogation period and bank account in the case, then ask the CPAM for "
        "the date of payment. The claim lapses after two years.",
    ),
    "payment-gap": _MISSING,
    "incident": Wording(
        "Ouvrez la page « État » de la console et suivez la fiche du service concerné : ce qui "
        "est retenu y est gardé et peut être rejoué.",
        "Open the console's page “État” and follow the runbook of the service: what is held is "
        "kept there and can be replayed.",
    ),
}

ENDED: dict[Resolution, Wording] = {
    "came": Wording("Ce qui était attendu est arrivé.", "What was awaited has come."),
    "no-longer-awaited": Wording("Cela n'est plus attendu.", "It is no longer awaited."),
    "gap-closed": Wording("L'écart est soldé.", "The gap is settled."),
    "incident-closed": Wording("L'incident est clos.", "The incident is closed."),
}

NOTHING_TO_DO = Wording("Aucune action n'est nécessaire.", "Nothing is left to do.")


def next_step(alert: Alert) -> Wording:
    if alert.resolved_at is not None:
        return NOTHING_TO_DO
    if isinstance(alert.facts, Gap) and alert.facts.gap is not None and alert.facts.gap < 0:
        return _TOO_MUCH
    return NEXT_STEP[alert.kind]
