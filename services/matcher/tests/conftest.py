"""Builders of facts for the matcher's tests: an arrêt of an invented person, by default case A."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID, uuid5

import pytest
from contracts.events import StatementLine, StatementReceived
from contracts.identifiers import Siret
from contracts.sealed import Bonus, MonthlyPay, Pay
from matcher.domain.days import Days
from matcher.domain.facts import Answer, Revision
from matcher.domain.law import Law, french_law

SIRET = "73282932000074"
SPACE = UUID("00000000-0000-4000-8000-000000000001")


def day(text: str) -> date:
    return date.fromisoformat(text)


def run(first: str, last: str) -> Days:
    return Days(day(first), day(last))


@pytest.fixture
def law() -> Law:
    return french_law()


@pytest.fixture
def days() -> Callable[[str, str], Days]:
    return run


@pytest.fixture
def pay() -> Callable[..., Pay]:
    """`pay({"2026-02": "2400.00"}, bonuses=[("2026-02", "600.00", 3)])`."""

    def make(months: dict[str, str], bonuses: Sequence[tuple[str, str, int]] = ()) -> Pay:
        return Pay(
            months=[
                MonthlyPay(month=month, gross=Decimal(gross)) for month, gross in months.items()
            ],
            bonuses=[
                Bonus(month=month, amount=Decimal(amount), months=count)
                for month, amount, count in bonuses
            ],
        )

    return make


@pytest.fixture
def revision() -> Callable[..., Revision]:
    """Case A: maladie from 2 to 22 March 2026, subrogated, three months at 2 400."""

    def make(**changes: object) -> Revision:
        months = [
            MonthlyPay(month=month, gross=Decimal("2400.00"))
            for month in ("2026-02", "2026-01", "2025-12")
        ]
        case_a = Revision(
            number=1,
            change="initial",
            siret=SIRET,
            person_ref="ref-1",
            risk="maladie",
            period=run("2026-03-02", "2026-03-22"),
            declared_at=datetime(2026, 3, 2, 8, tzinfo=UTC),
            subrogation=run("2026-03-02", "2026-12-31"),
            pay=Pay(months=months),
        )
        return replace(case_a, **changes)  # type: ignore[arg-type]

    return make


@pytest.fixture
def answer() -> Callable[..., Answer]:
    def make(verdict: str, at: str, revision: int = 1, **more: object) -> Answer:
        kind = more.pop("kind", "technical" if verdict == "received" else "business")
        return Answer(
            key=f"{revision}-{verdict}-{at}",
            revision=revision,
            kind=kind,  # type: ignore[arg-type]
            verdict=verdict,  # type: ignore[arg-type]
            answered_at=datetime.fromisoformat(at).replace(tzinfo=UTC),
            **more,  # type: ignore[arg-type]
        )

    return make


@pytest.fixture
def statement() -> Callable[..., StatementReceived]:
    """`statement("slip-1", [("IJNOR", first, last, amount)])`; a fifth item is `subrogated`."""

    def make(
        slip: str, lines: Sequence[tuple[object, ...]], **changes: object
    ) -> StatementReceived:
        made = [
            StatementLine(
                nature=str(nature),
                first=None if first is None else day(str(first)),
                last=None if last is None else day(str(last)),
                amount=Decimal(str(amount)),
                subrogated=bool(rest[0]) if rest else True,
            )
            for nature, first, last, amount, *rest in lines
        ]
        fields: dict[str, object] = {
            "statement_id": uuid5(SPACE, slip),
            "account": "kerbrat",
            "slip": slip,
            "siret": Siret(SIRET),
            "person_ref": "ref-1",
            "caisse": "751",
            "accounting_day": day("2026-03-25"),
            "insurance": "AS",
            "lines": made,
            "total": sum((line.amount for line in made), Decimal("0.00")),
            "received_at": datetime(2026, 3, 26, 8, tzinfo=UTC),
            "person": "k1." + "A" * 40,
        }
        return StatementReceived(**(fields | changes))  # type: ignore[arg-type]

    return make


@pytest.fixture
def paid() -> Callable[[str, str, str, str, str], list[tuple[object, ...]]]:
    """Lines of one period: `paid(first, last, gross, csg, crds)`; negative amounts take it back."""

    def make(first: str, last: str, gross: str, csg: str, crds: str) -> list[tuple[object, ...]]:
        return [
            ("IJNOR", first, last, gross),
            ("RETCSJ", first, last, -Decimal(csg)),
            ("RETCRD", first, last, -Decimal(crds)),
        ]

    return make
