"""Door of the slip deposit: the account's own files, listed, fetched, acknowledged."""

from collections.abc import Callable

import orjson
from fastapi import APIRouter

from cpam_simulator.contract.spoil_bytes import Wire, spoil_bytes, with_type
from cpam_simulator.domain.account import Account
from cpam_simulator.routes.access import CpamAccount, Here
from cpam_simulator.routes.wire import WireResponse
from cpam_simulator.store import calls, faults, slips, world
from cpam_simulator.store.database import Tx, performed

router = APIRouter()
_JSON = "application/json"
_ZIP = "application/zip"
_GONE = Wire(b'{"erreur":"FICHIER_INCONNU"}', 404, _JSON)


@router.get("/bpij")
async def list_slips(here: Here, account: CpamAccount) -> WireResponse:
    def act(tx: Tx) -> Wire:
        return Wire(orjson.dumps(slips.list_waiting(tx, account.name)), content_type=_JSON)

    return WireResponse(await here.store.run(_performed, account, "bpij.list", act))


@router.get("/bpij/{name}")
async def fetch_slip(here: Here, account: CpamAccount, name: str) -> WireResponse:
    def act(tx: Tx) -> Wire:
        content = slips.fetch(tx, account.name, name)
        return _GONE if content is None else Wire(content, content_type=_ZIP)

    return WireResponse(await here.store.run(_performed, account, "bpij.fetch", act))


@router.post("/bpij/{name}/accuse")
async def confirm_slip(here: Here, account: CpamAccount, name: str) -> WireResponse:
    def act(tx: Tx) -> Wire:
        known = slips.confirm(tx, account.name, name, world.get(tx).now)
        return Wire(b"", 204, _JSON) if known else _GONE

    return WireResponse(await here.store.run(_performed, account, "bpij.confirm", act))


def _performed(
    tx: Tx,
    account: Account,
    operation: str,
    act: Callable[[Tx], Wire],
) -> Wire:
    """As with SOAP: picked, performed, rolled back where the fault says that nothing happened."""
    hit = faults.pick(tx, operation, account.name, ())
    if hit is None:
        return act(tx)
    with performed(tx, keep=hit.rule.commits):
        honest = act(tx)
    calls.add(
        tx,
        account.name,
        operation,
        (),
        body_sha256=None,
        fault=hit.rule.kind,
        outcome="answered" if hit.rule.commits else "not-committed",
    )
    return with_type(spoil_bytes(honest.body, hit.rule), honest.content_type)
