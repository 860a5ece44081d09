"""Scripts arrive: kept by name, their faults armed, and filings already made without one get their
plan.
"""

from collections.abc import Sequence

from cpam_simulator.domain.account import Accounts
from cpam_simulator.domain.script import Script
from cpam_simulator.store import faults, filings, plans, scripts
from cpam_simulator.store.database import Tx


class UnknownAccount(Exception):
    """The script named is for an account that the directory does not have."""


def take_scripts(tx: Tx, given: Sequence[Script], accounts: Accounts) -> None:
    for script in given:
        scripts.put(tx, script)
        faults.put_script(tx, script)
        if script.match is not None:
            _plan_earlier(tx, script, accounts)
        elif script.account is not None:
            owner = accounts.find(script.account)
            if owner is None:
                raise UnknownAccount(script.name)
            plans.plan_unsolicited(tx, script, owner.name, owner.caisse)


def _plan_earlier(tx: Tx, script: Script, accounts: Accounts) -> None:
    if script.match is None:
        return
    match = script.match
    for filing in filings.list_unplanned(tx, match.siret, match.nir, match.first_day.isoformat()):
        arret = filings.get_arret(tx, filing.arret)
        owner = accounts.find(arret.account)
        if owner is not None:
            plans.plan(tx, arret, filing, owner.caisse)
