"""Slips that are due become files: one ZIP per account, caisse and instant, spoilt where a rule
says so.

Runs in the transaction that made them due (a clock jump, a deposit, a script).
"""

from itertools import groupby

from cpam_simulator.contract.spoil_slip import make_deposits
from cpam_simulator.domain.account import Accounts
from cpam_simulator.domain.fault import SLIP
from cpam_simulator.domain.slip import PlannedSlip, gather_statement
from cpam_simulator.store import faults, slips, world
from cpam_simulator.store.database import Tx


def release_slips(tx: Tx, accounts: Accounts) -> int:
    """How many files were deposited."""
    here = world.get(tx)
    files = 0
    due = slips.list_due(tx, here.acted_to)
    for (account, caisse, at), group in groupby(due, lambda s: (s.account, s.caisse, s.due_at)):
        own = list(group)
        number = slips.next_number(tx)
        identification = f"BPIJ-{caisse}-{at:%Y%m%d}-{here.universe}{number:06d}"
        owner = accounts.find(account)
        statement = gather_statement(identification, owner.company if owner else account, own)
        kinds = _kinds(tx, account, own)
        for made in make_deposits(statement, kinds):
            slips.deposit(
                tx, own, made.name, identification, made.content, later=made.later, faults=kinds
            )
            files += 1
    return files


def _kinds(tx: Tx, account: str, own: list[PlannedSlip]) -> tuple[str, ...]:
    kinds = list(dict.fromkeys(fault for slip in own for fault in slip.faults))
    hit = faults.pick(tx, SLIP, account, ())
    if hit is not None:
        level = f":{hit.rule.level}" if hit.rule.kind == "bad-totals" else ""
        kinds.append(hit.rule.kind + level)
    return tuple(kinds)
