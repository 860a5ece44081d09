"""How the cases of a batch are found: by their ids, however many cases there are."""

from matcher.store import locks
from sqlalchemy import event, text


async def test_the_cases_of_a_batch_are_found_by_their_primary_key(matcher, arret):
    """Any other index that the planner may choose would be read from end to end."""
    asked = []

    def note(connection, cursor, statement, given, *_):
        if statement.lstrip().startswith("select"):
            asked.append((statement, given))

    declared = arret()
    heard = matcher.next_event(await declared.declared(), declared.declaration_id)
    async with matcher.db.begin() as tx:
        event.listen(tx.sync_connection, "before_cursor_execute", note)
        await locks.lock_all(tx, [heard], matcher.clock.now())
        event.remove(tx.sync_connection, "before_cursor_execute", note)
        await tx.execute(text("set local enable_seqscan = off"))
        plans = [await explain(tx, *each) for each in asked]
    assert plans
    for plan in plans:
        assert "sick_case_pkey" in plan


async def explain(tx, statement, given):
    return "\n".join((await tx.exec_driver_sql(f"explain {statement}", given)).scalars())
