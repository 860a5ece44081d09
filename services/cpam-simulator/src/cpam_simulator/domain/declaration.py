"""A declaration as the CPAM reads it, and the reasons for which it refuses one item of a lot.

Comes from `contract.read_request`; nothing here touches the store. Person fields never show in
`repr`.
"""

from dataclasses import dataclass, field
from datetime import date

from cpam_simulator.domain.account import Account

REFUSALS = {
    "SIRET_NON_HABILITE": "Cet établissement n'est pas rattaché à ce compte",
    "NIR_INVALIDE": "NIR inconnu ou mal formé",
    "DATES_INCOHERENTES": "Les dates de l'arrêt se contredisent",
    "ORIGINE_ABSENTE": "Cette nature de déclaration doit nommer celle qu'elle modifie",
    "ORIGINE_INCONNUE": "La déclaration d'origine est inconnue",
    "NUMERO_REUTILISE": "Ce numéro de contrôle a déjà servi pour un autre contenu",
    "IBAN_INVALIDE": "L'IBAN de subrogation est invalide",
}
"""Codes of `refus`: the item was not processed. Any other code may be scripted, for hostility."""


@dataclass(frozen=True, slots=True)
class Declaration:
    control_number: str
    nature: str
    origin: str | None
    siret: str
    nir: str = field(repr=False)
    last_name: str = field(repr=False)
    first_name: str = field(repr=False)
    risk: str
    last_day_worked: date
    first_day: date
    last_day: date
    accident_day: date | None
    return_day: date | None
    subrogation: tuple[date, date | None] | None
    iban: str | None = field(repr=False)
    fingerprint: str
    """SHA-256 of the canonical `declaration` element (the partner's `empreinte`)."""
    content: str
    """The same without control numbers: equal for two filings of one thing under two numbers."""


def find_refusal(declaration: Declaration, account: Account) -> str | None:
    """The code for which this item is refused on its own content, or None."""
    if declaration.siret not in account.sirets:
        return "SIRET_NON_HABILITE"
    if not _nir_month_exists(declaration.nir):
        return "NIR_INVALIDE"
    if not _dates_agree(declaration):
        return "DATES_INCOHERENTES"
    if declaration.iban is not None and not _iban_key_agrees(declaration.iban):
        return "IBAN_INVALIDE"
    if declaration.nature != "INITIALE" and declaration.origin is None:
        return "ORIGINE_ABSENTE"
    return None


def _nir_month_exists(nir: str) -> bool:
    month = int(nir[3:5])
    return 1 <= month <= 12 or month == 20 or 30 <= month <= 42 or 50 <= month <= 99


def _dates_agree(declaration: Declaration) -> bool:
    # The last day worked may be the first day itself: people fall ill at work.
    if not declaration.last_day_worked <= declaration.first_day <= declaration.last_day:
        return False
    if declaration.accident_day is not None and declaration.accident_day > declaration.first_day:
        return False
    if declaration.nature == "REPRISE" and declaration.return_day is None:
        return False
    if declaration.subrogation is not None:
        start, end = declaration.subrogation
        return end is None or start <= end
    return True


def _iban_key_agrees(iban: str) -> bool:
    moved = iban[4:] + iban[:4]
    return int("".join(str(int(letter, 36)) for letter in moved)) % 97 == 1
