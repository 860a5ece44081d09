"""Somebody asks what became of a control number; only a caisse in mode B answers."""

from cpam_simulator.contract.faults import SoapFault
from cpam_simulator.domain.account import Account
from cpam_simulator.domain.capability import CAPABILITIES
from cpam_simulator.domain.reply import Filed, Status
from cpam_simulator.store import filings, world
from cpam_simulator.store.database import Tx


def query_status(tx: Tx, account: Account, control_number: str) -> Status:
    if not CAPABILITIES[world.get(tx).mode].answers_status:
        raise SoapFault("OPERATION_NON_OFFERTE")
    first = filings.find_first(tx, account.name, control_number)
    if first is None:
        return Status(control_number, None, 0)
    filed = Filed(control_number, first.reference, first.filed_at, first.fingerprint, repeat=False)
    return Status(control_number, filed, filings.count(tx, account.name, control_number))
