"""What the CPAM answered about a declaration, as the adapter told it; one row an event."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from chassis.db import Tx
from contracts.events import AnswerKind, Verdict
from sqlalchemy import case, insert, select

from declaration_gateway.store.tables import answer


@dataclass(frozen=True, slots=True)
class Answer:
    """`reference` and `content_sha256` come with the acknowledgement of a deposit: its proof."""

    submission_id: UUID
    version: int
    tenant: str
    declaration_id: UUID
    revision: int
    kind: AnswerKind
    verdict: Verdict
    control_number: str
    at: datetime
    code: str | None = None
    label: str | None = None
    reference: str | None = None
    content_sha256: str | None = None


_COLUMNS = [answer.c[name] for name in Answer.__slots__]


async def add(tx: Tx, given: Answer) -> None:
    await tx.execute(insert(answer).values(asdict(given)))


async def list_of(tx: Tx, tenant: str, declaration_id: UUID) -> Sequence[Answer]:
    """In order of time; a deposit's own acknowledgement before what was said about its content."""
    technical_first = case((answer.c.kind == "technical", 0), else_=1)
    of_declaration = (
        select(*_COLUMNS)
        .where(answer.c.declaration_id == declaration_id, answer.c.tenant == tenant)
        .order_by(answer.c.at, answer.c.revision, technical_first, answer.c.version)
    )
    return [Answer(*row) for row in await tx.execute(of_declaration)]
