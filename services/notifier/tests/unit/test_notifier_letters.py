import datetime as dt
from decimal import Decimal
from uuid import UUID

import pytest
from notifier.domain.alert import Alert, Gap, Overdue, Subject, Trouble
from notifier.domain.letter import LetterKind
from notifier.partner.letters import Letters, instant

CASE = UUID("0a4f5b9e-3c11-5f0a-9a52-6a1f0c4f2b11")
DECLARATION = UUID("01952f4e-7b60-7c11-8a3e-3f0c9d1e2a4b")
ALERT = UUID("5d1c9a70-20c4-5f4e-8b7a-0c3b1e6f7a88")
THIN = "\N{NARROW NO-BREAK SPACE}"
NO_BREAK = "\N{NO-BREAK SPACE}"


def at(day: int, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 3, day, hour, minute, tzinfo=dt.UTC)


def overdue(**changes: object) -> Alert:
    facts = Overdue(
        awaited="acknowledgement",
        revision=1,
        since=at(4, 9, 30),
        due_at=at(9, 23),
        missed_at=at(9, 23),
    )
    alert: dict[str, object] = {
        "alert_id": ALERT,
        "tenant": "menuiserie-kerbrat",
        "kind": "acknowledgement-overdue",
        "cause": ALERT,
        "opened_at": at(9, 23),
        "facts": facts,
        "subject": Subject(CASE, DECLARATION, "99912300300017"),
    }
    return Alert(**(alert | changes))  # type: ignore[arg-type]


@pytest.fixture
def letters() -> Letters:
    return Letters(
        sender="Jonction <alertes@jonction.example>",
        console_url="http://127.0.0.1:8007/",
        recipients=lambda alert: ("paie@kerbrat.example",),
    )


def test_start_says_what_is_awaited_since_when_due_when_and_what_to_do(letters: Letters) -> None:
    text = letters.write(overdue(), "start").text

    assert "la réponse métier de la CPAM" in " ".join(text.split())
    assert "Attendu depuis : mercredi 4 mars 2026 à 10:30" in text
    assert "Échéance : lundi 9 mars 2026, fin de journée" in text
    assert f"Déclaration : {DECLARATION}" in text
    assert "Établissement (SIRET) : 999 123 003 00017" in text
    assert f"http://127.0.0.1:8007/dossiers/{CASE}" in text
    assert "avis d'arrêt" in text


def test_french_comes_first_and_english_second(letters: Letters) -> None:
    text = letters.write(overdue(), "start").text

    french, english = text.index("Réponse de la CPAM en retard"), text.index("Answer of the CPAM")
    assert french < english
    assert "Due: Monday 9 March 2026, end of the day" in text


def test_html_says_the_same_as_the_text(letters: Letters) -> None:
    letter = letters.write(overdue(), "start")

    for fact in (str(DECLARATION), "999 123 003 00017", "lundi 9 mars 2026, fin de journée"):
        assert fact in letter.html
    assert f'href="http://127.0.0.1:8007/dossiers/{CASE}"' in letter.html


def test_text_from_an_incident_is_escaped_in_html(letters: Letters) -> None:
    trouble = Trouble(incident_id=ALERT, service="matcher", kind="held", key="<b>x</b>", detail={})
    letter = letters.write(overdue(kind="incident", facts=trouble, subject=None), "start")

    assert "<b>x</b>" not in letter.html
    assert "/etat" in letter.text


def test_gap_is_written_as_each_language_writes_euros(letters: Letters) -> None:
    facts = Gap(gap=Decimal("1234.50"), expected_net=None, received_net=Decimal("0.00"))
    text = letters.write(overdue(kind="payment-gap", facts=facts), "start").text

    assert f"1{THIN}234,50{NO_BREAK}€" in text
    assert "€1,234.50" in text
    assert "réclamation" in text


def test_overpayment_asks_to_wait_for_the_notice(letters: Letters) -> None:
    facts = Gap(gap=Decimal("-40.00"), expected_net=None, received_net=Decimal("0.00"))

    assert "indu" in letters.write(overdue(kind="payment-gap", facts=facts), "start").text


def test_lateness_of_our_own_is_admitted(letters: Letters) -> None:
    facts = Overdue(
        awaited="payment", revision=1, since=at(2, 8), due_at=at(6, 8), missed_at=at(9, 8)
    )
    text = letters.write(overdue(kind="payment-overdue", facts=facts), "start").text

    assert f"Constaté avec : 3{NO_BREAK}jours de retard" in text


def test_end_says_that_nothing_is_left_to_do(letters: Letters) -> None:
    text = letters.write(overdue(resolved_at=at(11, 8), resolution="came"), "end").text

    assert "Ce qui était attendu est arrivé." in text
    assert "Aucune action n'est nécessaire." in text
    assert "Alerte terminée : mercredi 11 mars 2026 à 09:00" in text


@pytest.mark.parametrize("kind", ["start", "end"])
def test_message_id_comes_from_the_alert_and_the_kind_alone(
    letters: Letters, kind: LetterKind
) -> None:
    resolved = overdue(resolved_at=at(11, 8), resolution="came")

    assert letters.write(resolved, kind).message_id == f"<{ALERT}.{kind}@jonction.example>"


def test_end_answers_to_its_start(letters: Letters) -> None:
    resolved = overdue(resolved_at=at(11, 8), resolution="came")

    end = letters.write(resolved, "end")
    assert end.answers_to == letters.write(resolved, "start").message_id


def test_deadline_across_the_spring_change_is_told_in_paris_time() -> None:
    spring = dt.datetime(2026, 3, 29, 1, 30, tzinfo=dt.UTC)

    assert instant(spring, "fr") == "dimanche 29 mars 2026 à 03:30"
