"""An errand: business answers of each account, stored as they came, and confirmed once applied.

Comes from RecupererReponses; goes, sealed, to the answer table, where `apply_answers` finds them.
Their hash makes a repeat vanish. What was applied, ignored or quarantined is confirmed to the CPAM
in the next round; a process that dies before that gets it again, which is harmless.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from chassis.clock import Clock
from chassis.db import Begin
from chassis.directory import CpamAccount, Directory
from chassis.errors import Unavailable
from chassis.failpoints import fp
from chassis.incidents import Incidents
from chassis.sealing import Sealer
from contracts.topics import SUBMISSIONS

from cpam_adapter.partner.cpam import MOST_ANSWERS, Cpam
from cpam_adapter.partner.replies import Collected, RawReply
from cpam_adapter.partner.xml import Unreadable
from cpam_adapter.store import answers, quarantine

_ACCOUNTS_AT_ONCE = 8
_RETRY_IN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Collecting:
    begin: Begin
    cpam: Cpam
    clock: Clock
    sealer: Sealer
    directory: Directory
    incidents: Incidents


async def collect_answers(collecting: Collecting) -> int:
    """How many were confirmed or new. Raises Unavailable when an account gave nothing readable."""
    at_once = asyncio.Semaphore(_ACCOUNTS_AT_ONCE)

    async def round_of(account: CpamAccount) -> int:
        async with at_once:
            return await _confirm(collecting, account) + await _collect(collecting, account)

    # One account's trouble must not keep the others waiting.
    results = await asyncio.gather(
        *(round_of(account) for account in collecting.directory.cpam_accounts),
        return_exceptions=True,
    )
    done = sum(result for result in results if isinstance(result, int))
    failed = [result for result in results if isinstance(result, BaseException)]
    for error in failed:
        if not isinstance(error, Unavailable) or not done:
            raise error
    return done


async def _confirm(collecting: Collecting, account: CpamAccount) -> int:
    place = {"tenant": account.tenant, "account": account.account}
    async with collecting.begin() as tx:
        due = await answers.list_unconfirmed(tx, **place, limit=MOST_ANSWERS)
    if not due:
        return 0
    if not await collecting.cpam.confirm(account, due):
        raise Unavailable("the CPAM does not take confirmations", _RETRY_IN)
    async with collecting.begin() as tx:
        await answers.confirm(tx, **place, answer_ids=due)
    return len(due)


async def _collect(collecting: Collecting, account: CpamAccount) -> int:
    exchange = await collecting.cpam.collect(account)
    if exchange.status != 200 or not exchange.whole:
        raise Unavailable("the CPAM gives no answers", _RETRY_IN)
    try:
        collected = await collecting.cpam.read_collection(exchange.body)
    except Unreadable as unreadable:
        await _quarantine(collecting, account, exchange.body, f"unreadable-{unreadable.code}")
        raise Unavailable("the CPAM's answers cannot be read", _RETRY_IN) from None
    return await _store(collecting, account, collected)


async def _store(collecting: Collecting, account: CpamAccount, collected: Collected) -> int:
    rows = [await _row(collecting, account, reply) for reply in collected.replies]
    async with collecting.begin() as tx:
        new = await answers.add(tx, rows)
    if new:
        fp("adapter.after_answer_stored")
    return new


async def _row(collecting: Collecting, account: CpamAccount, reply: RawReply) -> dict[str, Any]:
    identity = uuid4()
    return {
        "id": identity,
        "tenant": account.tenant,
        "account": account.account,
        "sha256": reply.sha256,
        "answer_id": reply.answer_id,
        "raw": await collecting.sealer.seal_bytes(
            reply.raw,
            tenant=account.tenant,
            topic=SUBMISSIONS.name,
            stream=identity,
            field="answer",
        ),
        "state": "stored",
        "answered_at": reply.reply.answered_at if reply.reply else None,
        "stored_at": collecting.clock.now(),
    }


async def _quarantine(
    collecting: Collecting, account: CpamAccount, raw: bytes, reason: str
) -> None:
    """The whole collection, once for these bytes."""
    suspect = quarantine.Suspect(account.tenant, account.account, "answers", reason, raw)
    async with collecting.begin() as tx:
        await quarantine.keep(
            tx,
            suspect,
            sealer=collecting.sealer,
            incidents=collecting.incidents,
            at=collecting.clock.now(),
        )
