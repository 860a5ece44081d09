"""Errand: brings the slips of one CPAM account in, and tells the partner what is stored.

A crash anywhere leaves either an unknown file, which is downloaded again, or a stored one that is
still listed, which is confirmed again. Reading comes later, from the stored bytes: `read_slip`.
"""

from chassis.clock import Clock
from chassis.db import Begin, Tx
from chassis.directory import CpamAccount
from chassis.errors import Refused, Unavailable
from chassis.failpoints import fp
from chassis.incidents import close_incident, open_incident
from chassis.sealing import Sealer
from contracts.sealed import SealedField
from contracts.topics import COLLECTOR, STATEMENTS

from bpij_collector.domain.slip import slip_id
from bpij_collector.partner.deposit import AccountRefused, DepositedFile, Listing, SlipDeposit
from bpij_collector.store import slips


async def fetch_slips(
    begin: Begin, deposit: SlipDeposit, account: CpamAccount, sealer: Sealer, clock: Clock
) -> int:
    """Returns how many files were taken in or confirmed; 0 when there was nothing to do."""
    try:
        listing = await deposit.list_files()
    except AccountRefused:
        async with begin() as tx:
            await _tell(tx, account, "account-refused", clock)
        return 0
    async with begin() as tx:
        await _heard(tx, account, listing, clock)
        confirmed = await slips.confirmations(tx, account.tenant, account.account)
    done = 0
    trouble: Unavailable | None = None
    for file in listing.files:
        known = confirmed.get((file.name, file.sha256))
        if known:
            continue
        try:
            if known is None and not await _take_in(
                begin, deposit, account, file, sealer=sealer, clock=clock
            ):
                continue
            fp("collector.before_confirm")
            await deposit.confirm(file)
        except Unavailable as failed:
            # One file that does not come down must not keep the others up there.
            trouble = failed
            continue
        async with begin() as tx:
            await slips.confirm(
                tx,
                tenant=account.tenant,
                account=account.account,
                name=file.name,
                sha256=file.sha256,
                at=clock.now(),
            )
        done += 1
    if trouble is not None:
        raise trouble
    return done


async def _take_in(
    begin: Begin,
    deposit: SlipDeposit,
    account: CpamAccount,
    file: DepositedFile,
    *,
    sealer: Sealer,
    clock: Clock,
) -> bool:
    """False when the file may not be confirmed, because its bytes are not ours to keep."""
    id = slip_id(account.account, file.name, file.sha256)
    raw: SealedField | None = None
    reason: str | None = None
    try:
        content = await deposit.download(file)
        raw = await sealer.seal_bytes(
            content, tenant=account.tenant, topic=STATEMENTS.name, stream=id, field="slip"
        )
    except Refused as refused:
        reason = refused.code
    fp("collector.after_download")
    async with begin() as tx:
        added = await slips.add(
            tx,
            id=id,
            tenant=account.tenant,
            account=account.account,
            name=file.name,
            sha256=file.sha256,
            size=file.size,
            raw=raw,
            at=clock.now(),
            reason=reason,
        )
        if added and reason is not None:
            detail = {"slip_id": str(id), "reason": reason, "tenant": account.tenant}
            await open_incident(tx, COLLECTOR, "slip-quarantined", str(id), detail, clock.now())
        fp("collector.after_store")
    return raw is not None


async def _heard(tx: Tx, account: CpamAccount, listing: Listing, clock: Clock) -> None:
    """The account works; an entry that cannot be fetched is an operator's business."""
    await close_incident(tx, COLLECTOR, "account-refused", account.account, clock.now())
    if listing.unreadable:
        await _tell(tx, account, "listing-unreadable", clock)
    else:
        await close_incident(tx, COLLECTOR, "listing-unreadable", account.account, clock.now())


async def _tell(tx: Tx, account: CpamAccount, kind: str, clock: Clock) -> None:
    detail = {"account": account.account, "tenant": account.tenant}
    await open_incident(tx, COLLECTOR, kind, account.account, detail, clock.now())
