"""Whatever is logged, by us or by a library, no number, account, address or pay gets out."""

import logging
from collections.abc import Iterator

import pytest
import structlog
from chassis import logs
from chassis.logs import scrub


@pytest.mark.parametrize(
    "text",
    [
        "2840775123456",
        "284077512345607",
        "2 84 07 75 123 456 07",
        "1 85 05 2A 004 123",
        "FR7630006000011234567890189",
        "FR76 3000 6000 0112 3456 7890 189",
        "paie@example.fr",
    ],
)
def test_what_names_a_person_or_an_account_becomes_stars(text: str) -> None:
    assert text not in scrub(f"before {text} after")
    assert scrub(f"before {text} after").startswith("before ")


@pytest.mark.parametrize(
    "text",
    [
        "0193a9ae-0000-7000-8000-000000000001",
        "73282932000074",
        "2026-03-02T08:00:00.123456+00:00",
        "J2603020A1B2C3D4",
    ],
)
def test_what_names_no_person_stays(text: str) -> None:
    assert text in scrub(f"at {text}.")


def fail() -> None:
    raise ValueError("Élodie Kerbrat 2840775123456")


@pytest.fixture
def configured(capsys: pytest.CaptureFixture[str]) -> Iterator[pytest.CaptureFixture[str]]:
    logs.configure("matcher", "DEBUG")
    yield capsys
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    logging.basicConfig(handlers=[], force=True)


def test_an_exception_is_told_by_class_and_place_and_not_by_its_text(
    configured: pytest.CaptureFixture[str],
) -> None:
    try:
        fail()
    except ValueError:
        structlog.get_logger().error("unexpected", exc_info=True)
        logging.getLogger("library").exception("failed")
    shown = configured.readouterr().err
    assert shown.count("ValueError") == 2
    assert "test_logs.py" in shown
    assert "Kerbrat" not in shown
    assert "2840775123456" not in shown
