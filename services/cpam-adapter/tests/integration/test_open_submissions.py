"""What operators are shown of the exchange with each caisse."""

from cpam_adapter.store import submissions
from prometheus_client import REGISTRY
from sqlalchemy import event, text

ACCEPT = {
    "verdict": "ACCEPTATION",
    "accept": {
        "risk": "MALADIE",
        "first_paid_day": "2026-03-05",
        "accepted_until": "2026-03-22",
        "daily_gross": "39.45",
    },
}


async def opened(world):
    async with world.adapter.db.begin() as tx:
        return await submissions.count_open(tx)


async def test_a_submission_is_counted_by_caisse_and_state_until_its_last_word(world):
    await world.cpam.plan({"after": "PT26H", **ACCEPT})
    submission = await world.declare()
    caisse = (await world.adapter.get(submission)).caisse
    assert await opened(world) == {(caisse, "READY"): 1}
    await world.adapter.submit()
    assert await opened(world) == {(caisse, "DEPOSITED"): 1}
    await world.later(hours=26)
    await world.adapter.answers()
    assert await opened(world) == {}


async def test_the_first_answer_is_measured_from_the_deposit_in_business_time(world):
    def measured():
        total = "jonction_cpam_answer_delay_seconds_sum"
        count = "jonction_cpam_answer_delay_seconds_count"
        return [REGISTRY.get_sample_value(name, {"caisse": caisse}) or 0 for name in (total, count)]

    await world.cpam.plan(
        {"after": "PT26H", "verdict": "CONFIRMATION_TRAITEMENT"},
        {"after": "PT50H", **ACCEPT},
    )
    submission = await world.declare()
    caisse = (await world.adapter.get(submission)).caisse
    before = measured()
    await world.adapter.submit()
    await world.later(hours=26)
    await world.adapter.answers()
    await world.later(hours=24)
    await world.adapter.answers()
    seconds, count = (now - then for now, then in zip(measured(), before, strict=True))
    assert (seconds, count) == (26 * 3600, 1)


async def test_open_submissions_are_read_from_their_index(world):
    asked = []

    def note(connection, cursor, statement, *_):
        asked.append(statement)

    async with world.adapter.db.begin() as tx:
        event.listen(tx.sync_connection, "before_cursor_execute", note)
        await submissions.count_open(tx)
        event.remove(tx.sync_connection, "before_cursor_execute", note)
        await tx.execute(text("set local enable_seqscan = off"))
        found = await tx.exec_driver_sql(f"explain {asked[0]}", ("none",))
        plan = [row[0] for row in found]
    assert any("submission_open" in line for line in plan), plan
