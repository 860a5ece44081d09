"""On a real database: no order of arrival shows in the end, and no two workers tie one payment."""

import asyncio
import random
from datetime import UTC, date, datetime
from hashlib import sha256
from uuid import UUID, uuid5

from contracts.events import Period, ReturnDeclared
from sqlalchemy import text

SPACE = UUID("00000000-0000-4000-8000-000000000007")
WHOLE = ("2026-03-05", "2026-03-22", "710.10", "44.03", "3.55")
BACK = ("2026-03-05", "2026-03-22", "-710.10", "-44.03", "-3.55")
AGAIN = ("2026-03-05", "2026-03-18", "552.30", "34.24", "2.76")

# Everything the cases say in the end, without ids and without instants of our own clock.
_SAID = """
    select state, cancelled, revision, expected_net, received_net, received_gross, gap,
        (select array_agg(awaited || d.revision || d.state || due_at order by awaited, d.revision)
           from deadline d where d.case_id = c.case_id),
        (select array_agg(kind || net || p.status order by net)
           from payment p where p.case_id = c.case_id)
    from sick_case c where person_ref = :person order by expected_net
"""
_PERMUTATIONS = 100


async def history(arret, slip, paid, number):
    """Streams of one person: an early return with its reversal, and a refused second arrêt."""
    first = arret(person_ref=f"p{number}", declaration_id=uuid5(SPACE, f"{number}a"))
    second = arret(person_ref=f"p{number}", declaration_id=uuid5(SPACE, f"{number}b"))
    april = date(2026, 4, 15)
    spring = Period(first=date(2026, 4, 6), last=date(2026, 4, 20))
    returned = await first.declared(
        ReturnDeclared, revision=2, change="return-to-work", returned_on=date(2026, 3, 19)
    )
    answers = [
        first.prepared(),
        first.acknowledged(),
        first.answered("documents-requested", datetime(2026, 3, 3, 9, tzinfo=UTC)),
        first.answered("accepted", datetime(2026, 3, 6, 9, tzinfo=UTC)),
    ]
    refusal = second.answered("rejected", datetime(2026, 4, 9, tzinfo=UTC), code="AVIS_NON_RECU")
    streams = [
        [(first.declaration_id, data) for data in (await first.declared(), returned)],
        [(first.submission(), data) for data in answers],
        [(second.declaration_id, await second.declared(period=spring, subrogation=spring))],
        [(second.submission(), refusal)],
    ]
    statements = [
        slip(first, "1", paid(*WHOLE)),
        slip(first, "2", paid(*BACK), accounting_day=april),
        slip(first, "3", paid(*AGAIN), accounting_day=april),
    ]
    return streams + [[(each.statement_id, each)] for each in statements]


def interleaved(streams, order):
    """One order of arrival: within a stream the order stands, between streams there is none."""
    waiting = [list(stream) for stream in streams]
    while any(waiting):
        stream = order.choice([stream for stream in waiting if stream])
        yield stream.pop(0)


async def hash_of(matcher, person):
    async with matcher.db.begin() as tx:
        rows = (await tx.execute(text(_SAID), {"person": person})).all()
    return sha256(repr([tuple(row) for row in rows]).encode()).hexdigest()


async def test_a_hundred_orders_of_one_history_give_one_state(matcher, arret, slip, paid):
    order = random.Random(2026)

    async def play(number):
        streams = await history(arret, slip, paid, number)
        for stream, data in interleaved(streams, random.Random(order.random())):
            await matcher.hear(data, stream=stream)
        return await hash_of(matcher, f"p{number}")

    hashes = set()
    for start in range(0, _PERMUTATIONS, 10):
        numbers = range(start, start + 10)
        hashes |= set(await asyncio.gather(*(play(number) for number in numbers)))
    assert len(hashes) == 1
    async with matcher.db.begin() as tx:
        states = await tx.execute(text("select state, count(*) from sick_case group by state"))
        assert {tuple(row) for row in states} == {("settled", 100), ("refused", 100)}


async def test_statements_and_declarations_at_once_are_tied_once(matcher, arret, slip, paid):
    """Two workers on one person: the person's lock makes them take turns."""
    for number in range(20):
        case = arret(person_ref=f"q{number}")
        declared = await case.declared()
        whole = slip(case, "1", paid(*WHOLE))
        await asyncio.gather(
            matcher.hear(declared, stream=case.declaration_id),
            matcher.hear(whole, stream=whole.statement_id),
            matcher.hear(case.prepared(), stream=case.submission()),
        )
        assert (await matcher.case(case.declaration_id)).state == "settled"
        assert (await matcher.told_types(case.declaration_id)).count("matched") == 1
    async with matcher.db.begin() as tx:
        found = await tx.execute(text("select count(*) from allocation where status = 'matched'"))
        assert found.scalar_one() == 20


async def test_two_watchers_tell_one_lateness(matcher, arret):
    silent = arret()
    await matcher.hear(await silent.declared(), stream=silent.declaration_id)
    await matcher.hear(silent.prepared(), stream=silent.submission())
    matcher.clock.move_to(datetime(2026, 3, 2, 12, tzinfo=UTC))
    await asyncio.gather(*(matcher.watch() for _ in range(5)))
    assert (await matcher.told_types(silent.declaration_id)).count("overdue") == 1


async def test_batches_with_the_same_persons_turned_round_do_not_lock_each_other_out(
    matcher, arret, slip, paid
):
    """As workers side by side have them: the declarations, the deposits, the payments."""
    for turn in range(4):
        arrets = [arret(person_ref=f"r{turn}-{number}") for number in range(12)]
        declared = [(each.declaration_id, await each.declared()) for each in arrets]
        prepared = [(each.submission(), each.prepared()) for each in reversed(arrets)]
        slips = [slip(each, "1", paid(*WHOLE)) for each in arrets[::2] + arrets[1::2]]
        whole = [(each.statement_id, each) for each in slips]
        await asyncio.gather(*(matcher.hear_all(batch) for batch in (declared, prepared, whole)))
        for each in arrets:
            assert (await matcher.case(each.declaration_id)).state == "settled"
            assert (await matcher.told_types(each.declaration_id)).count("matched") == 1
