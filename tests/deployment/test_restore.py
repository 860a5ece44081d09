"""What the page on restoring has an operator run, on the adapter's own schema."""

import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from chassis.db import Database
from sqlalchemy import text
from testkit.plugin import NewDatabase

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
_ADD = text(
    """
    insert into submission (id, tenant, declaration_id, revision, change, siret, control_number,
                            envelope, envelope_sha256, filing_sha256, content_sha256, state,
                            prepared_at)
    values (:id, 'menuiserie-kerbrat', :declaration, :revision, 'initial', '99912300300017',
            :number, '', '', '', '', :state, :at)
    """
)


async def test_after_a_restore_nothing_is_sent_before_the_cpam_was_asked(
    root: Path, new_database: NewDatabase
) -> None:
    urls = await new_database("cpam-adapter")
    db = Database(urls.owner, size=1)
    twice, once, done = uuid4(), uuid4(), uuid4()
    rows = [
        (twice, 1, "READY"),
        (twice, 2, "READY"),
        (once, 1, "INTENT"),
        (done, 1, "ACCEPTED"),
        (done, 2, "READY"),
    ]
    async with db.begin() as tx:
        for declaration, revision, state in rows:
            values = {"declaration": declaration, "revision": revision, "state": state, "at": NOW}
            await tx.execute(
                _ADD, values | {"id": uuid4(), "number": f"J{uuid4().int % 10**15:015}"}
            )
    page = (root / "docs/operations/backup-and-restore.md").read_text()
    [block] = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    [epoch] = re.findall(r"`(update epoch [^`]*)`", page)
    statements = [each.strip() for each in block.split(";") if each.strip()]
    assert (statements[0], statements[-1]) == ("begin", "commit")
    async with db.begin() as tx:
        for statement in (*statements[1:-1], epoch):
            await tx.execute(text(statement))
    assert await _states(db) == {
        (twice, 1): "UNKNOWN",
        (twice, 2): "HUMAN",
        (once, 1): "UNKNOWN",
        (done, 1): "ACCEPTED",
        (done, 2): "UNKNOWN",
    }
    async with db.begin() as tx:
        asked = "select count(*) from submission where next_action_at is not null"
        assert await tx.scalar(text(asked)) == 3
        assert await tx.scalar(text("select number from epoch")) == 2
    await db.close()


async def _states(db: Database) -> dict[tuple[UUID, int], str]:
    async with db.begin() as tx:
        found = await tx.execute(text("select declaration_id, revision, state from submission"))
        return {(row.declaration_id, row.revision): row.state for row in found}
