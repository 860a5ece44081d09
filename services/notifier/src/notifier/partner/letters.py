"""Writes the letters of an alert: subject, text and HTML, French first, English second.

Reads an alert and the Directory's addresses; gives a finished letter that is stored with the alert,
so that a repeat weeks later is the same to the byte. No name, NIR, pay or IBAN ever comes in here.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from email.utils import parseaddr

import jinja2
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_currency
from chassis.clock import PARIS

from notifier.domain.alert import Alert, Gap, Overdue, Trouble
from notifier.domain.letter import Letter, LetterKind, message_id
from notifier.domain.wording import AWAITED, ENDED, TITLE, Language, next_step

_LOCALES: dict[Language, str] = {"fr": "fr_FR", "en": "en_GB"}
_ON_TIME = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Page:
    """One language of a letter: what the templates lay out."""

    language: Language
    heading: str
    lead: str
    rows: list[tuple[str, str]]
    next_label: str
    next_step: str
    link_label: str


class Letters:
    """`recipients` answers with the addresses that are told of an alert."""

    def __init__(
        self, *, sender: str, console_url: str, recipients: Callable[[Alert], tuple[str, ...]]
    ) -> None:
        self._domain = parseaddr(sender)[1].rpartition("@")[2]
        self._console_url = console_url.rstrip("/")
        self._recipients = recipients
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("notifier", "partner/templates"),
            undefined=jinja2.StrictUndefined,
            autoescape=jinja2.select_autoescape(["html"]),
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )

    def write(self, alert: Alert, kind: LetterKind) -> Letter:
        pages = [_page(alert, kind, "fr"), _page(alert, kind, "en")]
        link = self._link(alert)
        return Letter(
            kind=kind,
            message_id=message_id(alert.alert_id, kind, self._domain),
            answers_to=(
                message_id(alert.alert_id, "start", self._domain) if kind == "end" else None
            ),
            recipients=self._recipients(alert),
            subject=_subject(alert, kind),
            text=self._templates.get_template("letter.txt").render(pages=pages, link=link),
            html=self._templates.get_template("letter.html").render(
                pages=pages, link=link, kind=kind
            ),
        )

    def _link(self, alert: Alert) -> str:
        if alert.subject is None:
            return f"{self._console_url}/etat"
        return f"{self._console_url}/dossiers/{alert.subject.case_id}"


def _subject(alert: Alert, kind: LetterKind) -> str:
    title = TITLE[alert.kind]
    about = str(alert.subject.declaration_id) if alert.subject else _service(alert)
    if kind == "start":
        return f"[Jonction] {title.fr} / {title.en} : {about}"
    return f"[Jonction] Terminé / Over – {title.fr} / {title.en} : {about}"


def _service(alert: Alert) -> str:
    return alert.facts.service if isinstance(alert.facts, Trouble) else ""


def _page(alert: Alert, kind: LetterKind, language: Language) -> Page:
    fr = language == "fr"
    title = TITLE[alert.kind].in_(language)
    over = "Terminé" if fr else "Over"
    return Page(
        language=language,
        heading=title if kind == "start" else f"{over} : {title}" if fr else f"{over}: {title}",
        lead=_lead(alert, kind, language),
        rows=[*_facts(alert, language), *_times(alert, language), *_subject_rows(alert, language)],
        next_label="À faire" if fr else "Next step",
        next_step=next_step(alert).in_(language),
        link_label=_link_label(alert, language),
    )


def _link_label(alert: Alert, language: Language) -> str:
    if alert.subject is None:
        return "Ouvrir l'état de la plateforme" if language == "fr" else "Open the platform's state"
    return "Ouvrir le dossier" if language == "fr" else "Open the case"


def _lead(alert: Alert, kind: LetterKind, language: Language) -> str:
    if kind == "end" and alert.resolution is not None:
        return ENDED[alert.resolution].in_(language)
    awaited = AWAITED[alert.kind].in_(language)
    return f"Jonction attend {awaited}." if language == "fr" else f"Jonction awaits {awaited}."


def _facts(alert: Alert, language: Language) -> list[tuple[str, str]]:
    fr = language == "fr"
    facts = alert.facts
    if isinstance(facts, Overdue):
        rows = [
            ("Attendu depuis" if fr else "Awaited since", instant(facts.since, language)),
            ("Échéance" if fr else "Due", due(facts.due_at, language)),
        ]
        late = facts.missed_at - facts.due_at
        if late > _ON_TIME:
            rows.append(("Constaté avec" if fr else "Noticed with", _late(late, language)))
        return rows
    if isinstance(facts, Gap):
        amount = None if facts.gap is None else euros(facts.gap, language)
        unknown = "inconnu" if fr else "unknown"
        label = "Écart net (attendu − reçu)" if fr else "Net gap (expected − received)"
        return [(label, amount or unknown)]
    return [
        ("Service", facts.service),
        ("Nature" if fr else "Kind", facts.kind),
        ("Repère" if fr else "Key", facts.key),
    ]


def _late(late: dt.timedelta, language: Language) -> str:
    how_long = format_timedelta(late, locale=_LOCALES[language])
    return f"{how_long} de retard" if language == "fr" else f"a delay of {how_long}"


def _times(alert: Alert, language: Language) -> list[tuple[str, str]]:
    fr = language == "fr"
    rows = [("Alerte ouverte" if fr else "Alert opened", instant(alert.opened_at, language))]
    if alert.resolved_at is not None:
        label = "Alerte terminée" if fr else "Alert over"
        rows.append((label, instant(alert.resolved_at, language)))
    return rows


def _subject_rows(alert: Alert, language: Language) -> list[tuple[str, str]]:
    if alert.subject is None:
        return []
    fr = language == "fr"
    return [
        ("Déclaration" if fr else "Declaration", str(alert.subject.declaration_id)),
        ("Établissement (SIRET)" if fr else "Establishment (SIRET)", siret(alert.subject.siret)),
    ]


def instant(at: dt.datetime, language: Language) -> str:
    """In Paris, e.g. `mardi 10 mars 2026 à 14:05`."""
    pattern = "EEEE d MMMM y 'à' HH:mm" if language == "fr" else "EEEE d MMMM y 'at' HH:mm"
    return format_datetime(at.astimezone(PARIS), pattern, locale=_LOCALES[language])


def due(at: dt.datetime, language: Language) -> str:
    """As `instant`; but what is due at midnight is due by the end of the day before."""
    local = at.astimezone(PARIS)
    if local.time() != dt.time(0):
        return instant(at, language)
    before = local.date() - dt.timedelta(days=1)
    day = format_date(before, "EEEE d MMMM y", locale=_LOCALES[language])
    return f"{day}, fin de journée" if language == "fr" else f"{day}, end of the day"


def euros(amount: Decimal, language: Language) -> str:
    return format_currency(amount, "EUR", locale=_LOCALES[language])


def siret(number: str) -> str:
    """`123 456 789 00012`, as it is printed on French documents."""
    return f"{number[:3]} {number[3:6]} {number[6:9]} {number[9:]}"
