"""After the story nothing that the platform wrote names a person, an account number or a pay.

Searched are the logs, the mails, Kafka's and PostgreSQL's own files, and each database as SQL. The
simulated CPAM is not searched: it is the CPAM, which knows whom it insures.
"""

import json
import re
from collections.abc import Iterable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from local_platform.mail_sink import read_mails
from local_platform.story import read_stories

PLACES = ("logs", "mail", "kafka", "postgres", "dumps")


def secrets_of_the_story() -> dict[str, str]:
    """What must not be found, by what it is: the parts that an HRIS sends for a seal alone."""
    found = {}
    for story in read_stories():
        for body in (request.body for request in story.requests):
            employee = body.get("employee", {})
            if nir := employee.get("nir"):
                found |= {nir[:13]: "NIR"}
            for name in (employee.get("family_name"), employee.get("given_names")):
                found |= {name: "name"} if name else {}
            if iban := (body.get("subrogation") or {}).get("iban"):
                found |= {iban: "IBAN"}
            for month in (body.get("pay") or {}).get("months", []):
                found |= {month["gross"]: "pay"}
    return found


@pytest.fixture(scope="module")
def written(undisturbed: Any) -> dict[str, list[tuple[str, bytes]]]:
    folder: Path = undisturbed.folder
    mails = read_mails(folder / "mail")
    return {
        "logs": _files((folder / "logs").iterdir()),
        "mail": [(str(mail["Message-ID"]), _words(mail)) for mail in mails],
        "kafka": _files(undisturbed.kafka.rglob("*.log")),
        "postgres": _files((folder / "postgres" / "data").rglob("*")),
        "dumps": _files(folder.glob("*.sql")),
    }


def _files(files: Iterable[Path]) -> list[tuple[str, bytes]]:
    return [(file.name, file.read_bytes()) for file in files if file.is_file()]


def _words(mail: EmailMessage) -> bytes:
    """Header and text as they are read, not as they travel."""
    parts = [part.get_content() for part in mail.walk() if not part.is_multipart()]
    return "\n".join([*(str(value) for value in mail.values()), *parts]).encode()


def _spellings(secret: str) -> set[bytes]:
    """Plain, as JSON escapes it, and as PostgreSQL writes bytes in SQL."""
    plain = secret.encode()
    return {plain, json.dumps(secret)[1:-1].encode(), plain.hex().encode()}


def _is_in(secret: str, content: bytes) -> bool:
    """As a word of its own: a figure may be the end of a longer one."""
    for spelling in _spellings(secret):
        if spelling in content:
            word = rb"(?<![0-9A-Za-z])" + re.escape(spelling) + rb"(?![0-9A-Za-z])"
            if spelling == secret.encode().hex().encode() or re.search(word, content):
                return True
    return False


@pytest.mark.parametrize("place", PLACES)
def test_no_person_no_account_and_no_pay_stands_in_clear(
    place: str, written: dict[str, list[tuple[str, bytes]]]
) -> None:
    secrets = secrets_of_the_story()
    assert set(secrets.values()) == {"NIR", "name", "IBAN", "pay"}
    told = {
        f"{what} in {name}"
        for name, content in written[place]
        for secret, what in secrets.items()
        if _is_in(secret, content)
    }
    assert not told


@pytest.mark.parametrize(
    ("place", "known"),
    [
        ("logs", "stopped"),
        ("mail", "Réponse de la CPAM en retard"),
        ("kafka", "menuiserie-kerbrat"),
        ("postgres", "menuiserie-kerbrat"),
        ("dumps", "fr.jonction.case.settled"),
    ],
)
def test_the_search_finds_what_is_not_secret(
    place: str, known: str, written: dict[str, list[tuple[str, bytes]]]
) -> None:
    """Else it would prove nothing."""
    assert any(_is_in(known, content) for _, content in written[place])


def test_the_search_finds_a_secret_however_it_is_written() -> None:
    for written in ("Maïwenn,", '{"name": "Ma\\u00efwenn"}', "\\x" + "xMaïwennx".encode().hex()):
        assert _is_in("Maïwenn", written.encode())
    assert not _is_in("2400.00", b"12400.00")
