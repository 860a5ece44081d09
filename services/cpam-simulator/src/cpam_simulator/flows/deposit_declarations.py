"""A lot is deposited: each item is filed, recognised as a repeat, or refused, all in one
transaction.

Input: the lot as read, already valid against the schema. Output: one receipt per item, in order.
What is filed is in the ledger whatever becomes of the answer.
"""

from collections.abc import Mapping

from cpam_simulator.domain.account import Account
from cpam_simulator.domain.capability import CAPABILITIES, Capability
from cpam_simulator.domain.declaration import Declaration, find_refusal
from cpam_simulator.domain.reply import Filed, Receipts, RefusedItem
from cpam_simulator.store import filings, plans, world
from cpam_simulator.store.database import Tx
from cpam_simulator.store.filings import Filing


def deposit_declarations(
    tx: Tx,
    account: Account,
    declarations: tuple[Declaration, ...],
    body_sha256: str,
    forced: Mapping[str, str],
) -> Receipts:
    """`forced` gives control numbers that a fault rule refuses, with the code."""
    capability = CAPABILITIES[world.get(tx).mode]
    items: list[Filed | RefusedItem] = []
    for declaration in declarations:
        code = forced.get(declaration.control_number) or find_refusal(declaration, account)
        if code is None:
            items.append(_file(tx, account, declaration, body_sha256, capability))
        else:
            items.append(RefusedItem(declaration.control_number, code))
    return Receipts(tuple(items))


def _file(
    tx: Tx,
    account: Account,
    declaration: Declaration,
    body_sha256: str,
    capability: Capability,
) -> Filed | RefusedItem:
    known = filings.find_first(tx, account.name, declaration.control_number)
    if known is not None:
        same = known.fingerprint == declaration.fingerprint
        if same and capability.recognises_repeat:
            return _filed(known, repeat=True)
        if not same and capability.refuses_other_content:
            return RefusedItem(declaration.control_number, "NUMERO_REUTILISE")
    arret = filings.find_arret(tx, declaration, account.name)
    if arret is None:
        if declaration.origin is not None:
            return RefusedItem(declaration.control_number, "ORIGINE_INCONNUE")
        arret = filings.add_arret(tx, declaration, account.name)
    filing = filings.add(tx, declaration, arret, body_sha256)
    plans.plan(tx, arret, filing, account.caisse)
    return _filed(filing, repeat=False)


def _filed(filing: Filing, *, repeat: bool) -> Filed:
    return Filed(
        filing.control_number, filing.reference, filing.filed_at, filing.fingerprint, repeat
    )
