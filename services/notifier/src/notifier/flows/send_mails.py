"""An errand: queued letters go out over one SMTP connection, each recorded once it is answered.

A process killed between the server's "250" and our record sends once more after the lease, under
the same Message-ID. While the server is away everything waits in the queue.
"""

import datetime as dt

import structlog
from chassis import failpoints, leases, trace
from chassis.clock import Clock
from chassis.db import Begin
from chassis.leases import Lease

from notifier.domain.letter import Answer, Parcel
from notifier.partner.post import PostOffice
from notifier.store import mails

log = structlog.get_logger()

_BATCH = 50


async def send_mails(
    begin: Begin,
    office: PostOffice,
    clock: Clock,
    *,
    operators: tuple[str, ...],
    lease_length: dt.timedelta,
) -> int:
    """How many letters were answered. Raises `Unavailable` while the mail server is away."""
    lease = leases.take(lease_length)
    async with begin() as tx:
        parcels = await mails.lease(tx, lease, limit=_BATCH)
    if not parcels:
        return 0
    answered, begun = 0, None
    try:
        async with office.open() as session:
            for parcel in parcels:
                # A slow server must not outlast the lease: the rest goes with the next batch.
                if not lease.lasts(lease_length / 2):
                    break
                begun = parcel
                with trace.span(
                    "mail",
                    parent=parcel.traceparent,
                    kind=trace.SpanKind.CLIENT,
                    mail=parcel.mail_id,
                    attempt=parcel.attempt,
                ):
                    answers = await session.send(parcel)
                    failpoints.fp("notifier.after_send")
                    await _record(begin, parcel, lease, answers, clock.now(), operators=operators)
                answered, begun = answered + 1, None
    finally:
        async with begin() as tx:
            await mails.put_back(tx, lease, begun=begun)
    return answered


async def _record(
    begin: Begin,
    parcel: Parcel,
    lease: Lease,
    answers: dict[str, Answer],
    sent_at: dt.datetime,
    *,
    operators: tuple[str, ...],
) -> None:
    """Where nobody of the tenant can be reached, the operators get the letter."""
    async with begin() as tx:
        state = await mails.record(tx, parcel, lease, answers, sent_at=sent_at)
        if state == "refused":
            await mails.tell_instead(tx, parcel.mail_id, operators)
        failpoints.fp("notifier.before_commit")
    if state == "sent":
        log.info("mail sent", mail=str(parcel.mail_id), attempt=parcel.attempt)
    else:
        # None: the lease was lost and another process sees to it, under the same Message-ID.
        log.warning("mail not sent", mail=str(parcel.mail_id), state=state)
