"""What operators are shown of the cases: counted by state, in euros, and from an index."""

from matcher.store import cases, statements
from prometheus_client import REGISTRY
from sqlalchemy import event, text

PART = ("2026-03-05", "2026-03-18", "552.30", "34.24", "2.76")
WHOLE = ("2026-03-05", "2026-03-22", "710.10", "44.03", "3.55")


async def declare(matcher, arret):
    await matcher.hear(await arret.declared(), stream=arret.declaration_id)


async def figures(matcher, *reads):
    async with matcher.db.begin() as tx:
        return [await read(tx) for read in reads]


async def test_open_cases_and_their_euros_are_told_by_state(matcher, arret, slip, paid):
    waiting, part, whole = arret(), arret(), arret()
    for each in (waiting, part, whole):
        await declare(matcher, each)
    for each, line in ((part, PART), (whole, WHOLE)):
        statement = slip(each, "1", paid(*line))
        await matcher.hear(statement, stream=statement.statement_id)
    shown = [await matcher.case(each.declaration_id) for each in (waiting, part)]
    counted, euros = await figures(matcher, cases.count_open, cases.sum_open)
    assert counted == {(case.state,): 1 for case in shown}
    for case in shown:
        assert euros[case.state, "expected"] == float(case.expected.net)
        assert euros[case.state, "received"] == float(case.received.net)
        assert euros[case.state, "gap"] == float(case.gap or 0)


async def test_a_payment_tied_to_no_case_is_counted(matcher, arret, slip, paid):
    statement = slip(arret(), "1", paid(*WHOLE))
    await matcher.hear(statement, stream=statement.statement_id)
    [counted] = await figures(matcher, statements.count_open)
    assert counted == {("unmatched",): 1}


async def test_matched_euros_are_counted_once_and_after_the_commit(matcher, arret, slip, paid):
    def counted():
        return REGISTRY.get_sample_value("jonction_matched_euros_total", {"sense": "paid"}) or 0

    one, before = arret(), counted()
    await declare(matcher, one)
    statement = slip(one, "1", paid(*WHOLE))
    heard = await matcher.hear(statement, stream=statement.statement_id)
    async with matcher.db.begin() as tx:
        await matcher.apply(tx, heard)
    case = await matcher.case(one.declaration_id)
    assert counted() == before + float(case.received.net)


async def test_open_cases_are_read_from_their_index_alone(matcher):
    """Where the planner may choose: a table of millions must not be read for a gauge."""
    asked = []

    def note(connection, cursor, statement, *_):
        asked.append(statement)

    async with matcher.db.begin() as tx:
        event.listen(tx.sync_connection, "before_cursor_execute", note)
        await cases.count_open(tx)
        await cases.sum_open(tx)
        event.remove(tx.sync_connection, "before_cursor_execute", note)
        await tx.execute(text("set local enable_seqscan = off"))
        for statement in asked:
            plan = [row[0] for row in await tx.execute(text(f"explain {statement}"))]
            assert any("sick_case_open" in line for line in plan), plan
