import asyncio
import datetime as dt
from typing import Any

import pytest
from chassis.errors import Unavailable
from chassis.leases import take
from local_platform.processes import free_port
from notifier.partner.post import Encryption, PostOffice
from notifier.store import mails
from notifier.store.tables import addressee, mail
from sqlalchemy import select, update

PAYROLL = ["paie@kerbrat.example", "rh@kerbrat.example"]
OPERATORS = ["exploitation@jonction.example"]


async def states(notifier: Any) -> list[tuple[str, str, int]]:
    async with notifier.db.begin() as tx:
        query = select(mail.c.kind, mail.c.state, mail.c.attempts).order_by(mail.c.written_at)
        return [tuple(row) for row in await tx.execute(query)]


async def do_not_wait(notifier: Any) -> None:
    """As if the time until the next try had passed."""
    async with notifier.db.begin() as tx:
        await tx.execute(update(mail).values(try_after=None, lease_until=None))


async def test_start_goes_to_the_whole_list_as_one_mail(
    notifier: Any, case: Any, mailbox: Any
) -> None:
    await notifier.read(case.overdue(), stream=case.case_id)

    assert await notifier.send() == 1
    assert await notifier.send() == 0
    [message] = mailbox.messages
    assert mailbox.recipients == [PAYROLL]
    assert message["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert await states(notifier) == [("start", "sent", 1)]


async def test_resolved_before_the_first_mail_was_sent_sends_both_in_order(
    notifier: Any, case: Any, mailbox: Any
) -> None:
    await notifier.read(case.overdue(), stream=case.case_id)
    await notifier.read(case.overdue_ended(), stream=case.case_id)

    while await notifier.send():
        pass
    start, end = mailbox.messages
    assert ".start@" in start["Message-ID"]
    assert ".end@" in end["Message-ID"]
    assert end["In-Reply-To"] == start["Message-ID"]


async def test_end_waits_while_the_start_cannot_be_sent(
    notifier: Any, case: Any, mailbox: Any
) -> None:
    mailbox.refuse_with = "451 later"
    await notifier.read(case.overdue(), stream=case.case_id)
    await notifier.read(case.overdue_ended(), stream=case.case_id)
    await notifier.send()
    assert await states(notifier) == [("start", "queued", 1), ("end", "queued", 0)]
    assert await notifier.send() == 0

    mailbox.refuse_with = None
    await do_not_wait(notifier)
    while await notifier.send():
        pass
    assert await states(notifier) == [("start", "sent", 2), ("end", "sent", 1)]
    assert mailbox.messages[0]["X-Jonction-Attempt"] == "2"


async def test_mails_wait_while_the_server_is_away(notifier: Any, case: Any, mailbox: Any) -> None:
    await notifier.read(case.overdue(), stream=case.case_id)
    there = notifier.office
    notifier.office = office(mailbox.host, free_port(), "off")
    with pytest.raises(Unavailable):
        await notifier.send()
    assert await states(notifier) == [("start", "queued", 0)]
    async with notifier.db.begin() as tx:
        assert await mails.count_queued(tx) == 1

    notifier.office = there
    assert await notifier.send() == 1
    assert await states(notifier) == [("start", "sent", 1)]


async def test_letter_refused_by_the_whole_list_goes_to_the_operators(
    notifier: Any, case: Any, mailbox: Any
) -> None:
    mailbox.refuse_with = "554 no"
    await notifier.read(case.overdue(), stream=case.case_id)
    await notifier.send()
    assert await states(notifier) == [("start", "queued", 1)]

    mailbox.refuse_with = None
    await notifier.send()
    assert mailbox.recipients == [OPERATORS]
    assert await states(notifier) == [("start", "sent", 2)]
    assert await replies(notifier) == {
        "exploitation@jonction.example": ("accepted", 250),
        "paie@kerbrat.example": ("refused", 554),
        "rh@kerbrat.example": ("refused", 554),
    }


async def test_letter_that_the_operators_refuse_too_is_kept_as_refused(
    notifier: Any, case: Any, mailbox: Any
) -> None:
    mailbox.refuse_with = "554 no"
    await notifier.read(case.overdue(), stream=case.case_id)
    while await notifier.send():
        pass

    assert await states(notifier) == [("start", "refused", 2)]


async def test_clear_text_server_is_refused_where_encryption_is_asked_for(
    notifier: Any, case: Any, mailbox: Any
) -> None:
    notifier.office = office(mailbox.host, mailbox.port, "starttls")
    await notifier.read(case.overdue(), stream=case.case_id)

    with pytest.raises(Unavailable):
        await notifier.send()
    assert mailbox.messages == []
    assert await states(notifier) == [("start", "queued", 0)]


async def test_two_processes_share_the_queue_without_sending_twice(
    notifier: Any, case: Any, mailbox: Any
) -> None:
    for amount in range(1, 41):
        await notifier.read(case.gap(f"{amount}.00"), stream=case.case_id)
        await notifier.read(case.gap_closed(), stream=case.case_id)

    async def drain() -> None:
        while await notifier.send():
            pass

    await asyncio.gather(drain(), drain())
    await drain()
    identities = [message["Message-ID"] for message in mailbox.messages]
    assert len(identities) == len(set(identities)) == 80


async def test_late_answer_after_a_lost_lease_changes_nothing(notifier: Any, case: Any) -> None:
    await notifier.read(case.overdue(), stream=case.case_id)
    lost = take(dt.timedelta(seconds=-1))
    async with notifier.db.begin() as tx:
        [parcel] = await mails.lease(tx, lost, limit=10)
    async with notifier.db.begin() as tx:
        assert await mails.lease(tx, take(dt.timedelta(seconds=30)), limit=10) != []
    async with notifier.db.begin() as tx:
        recorded = await mails.record(tx, parcel, lost, {}, sent_at=parcel.written_at)

    assert recorded is None


def office(host: str, port: int, encryption: Encryption) -> PostOffice:
    return PostOffice(host=host, port=port, encryption=encryption, sender="a@b.example")


async def replies(notifier: Any) -> dict[str, tuple[str, int]]:
    async with notifier.db.begin() as tx:
        query = select(addressee.c.address, addressee.c.state, addressee.c.code)
        return {address: (state, code) for address, state, code in await tx.execute(query)}
