"""Our words and the CPAM's: the only module in which the two stand side by side."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from contracts.events import Change, Declaration, Risk, Verdict
from contracts.sealed import Bank, Pay, Person

NATURES: Mapping[Change, str] = {
    "initial": "INITIALE",
    "prolongation": "PROLONGATION",
    "correction": "RECTIFICATION",
    "return-to-work": "REPRISE",
    "cancellation": "ANNULATION",
}
RISKS: Mapping[Risk, str] = {
    "maladie": "MALADIE",
    "accident-travail": "ACCIDENT_TRAVAIL",
    "accident-trajet": "ACCIDENT_TRAJET",
    "maladie-professionnelle": "MALADIE_PROFESSIONNELLE",
}
OUR_RISKS: Mapping[str, Risk] = {theirs: ours for ours, theirs in RISKS.items()}
VERDICTS: Mapping[str, Verdict] = {
    "CONFIRMATION_TRAITEMENT": "in-progress",
    "DEMANDE_PIECES": "documents-requested",
    "ACCEPTATION": "accepted",
    "REJET": "rejected",
}

NOT_PROCESSED = frozenset(
    {
        "REQUETE_ILLISIBLE",
        "REQUETE_TROP_GRANDE",
        "SCHEMA_NON_CONFORME",
        "OPERATION_INCONNUE",
        "OPERATION_NON_OFFERTE",
    }
)
"""Codes of a client fault after which, says the contract, nothing was processed."""

NUMBER_REUSED = "NUMERO_REUTILISE"
"""Refusal of an item: our number is known with another content. Never a form to be corrected."""

_LONGEST_NAME = 80
_MOST_MONTHS = 12


def declaration_words(
    declaration: Declaration,
    *,
    control_number: str,
    origin: str | None,
    person: Person,
    pay: Pay | None,
    bank: Bank | None,
) -> Mapping[str, Any]:
    """The content of one `declaration` element. Without an `origin` it is a first filing."""
    nature = NATURES[declaration.change] if origin else NATURES["initial"]
    words: dict[str, Any] = {
        "numeroControle": control_number,
        "nature": nature,
        "siret": declaration.siret.value,
        "assure": {
            "nir": person.nir.value,
            "nom": person.family_name[:_LONGEST_NAME],
            "prenom": person.given_names[:_LONGEST_NAME],
        },
        "risque": RISKS[declaration.risk],
        # Mandatory for the CPAM, optional for the HRIS: by default the day before the first.
        "dernierJourTravaille": declaration.last_worked_day
        or declaration.period.first - timedelta(days=1),
        "premierJour": declaration.period.first,
        "dernierJour": declaration.period.last,
        "salaire": _months(pay, before=declaration.period.first),
    }
    if origin:
        words["numeroControleOrigine"] = origin
    if declaration.accident_day:
        words["dateAccident"] = declaration.accident_day
    if declaration.returned_on:
        words["dateReprise"] = declaration.returned_on
    if declaration.subrogation and bank:
        words["subrogation"] = {
            "du": declaration.subrogation.first,
            "au": declaration.subrogation.last,
            "iban": bank.iban.value,
        }
    return words


def _months(pay: Pay | None, *, before: date) -> list[dict[str, Any]]:
    """The twelve months before the arrêt, oldest first."""
    if pay is None:
        return []
    newest_first = sorted(pay.months, key=lambda month: month.month, reverse=True)
    asked = [month for month in newest_first if month.month < f"{before:%Y-%m}"][:_MOST_MONTHS]
    return [
        {
            # zeep wants a month as (year, month, zone).
            "mois": (int(month.month[:4]), int(month.month[5:]), None),
            "brut": month.gross if month.reestablished is None else month.reestablished,
        }
        for month in sorted(asked, key=lambda month: month.month)
    ]
