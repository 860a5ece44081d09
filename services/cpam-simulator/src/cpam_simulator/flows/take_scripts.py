"""Scripts arrive: kept by name, their faults armed, and filings already made without one get their
plan.
"""

import sqlite3
from collections.abc import Sequence

from cpam_simulator.domain.account import Accounts
from cpam_simulator.domain.script import Script
from cpam_simulator.store import faults, filings, plans, scripts


class UnknownAccount(Exception):
    """The script named is for an account that the directory does not have."""


def take_scripts(db: sqlite3.Connection, given: Sequence[Script], accounts: Accounts) -> None:
    for script in given:
        scripts.put(db, script)
        faults.put_script(db, script)
        if script.match is not None:
            _plan_earlier(db, script, accounts)
        elif script.account is not None:
            owner = accounts.find(script.account)
            if owner is None:
                raise UnknownAccount(script.name)
            plans.plan_unsolicited(db, script, owner.name, owner.caisse)


def _plan_earlier(db: sqlite3.Connection, script: Script, accounts: Accounts) -> None:
    if script.match is None:
        return
    match = script.match
    for filing in filings.list_unplanned(db, match.siret, match.nir, match.first_day.isoformat()):
        arret = filings.get_arret(db, filing.arret)
        owner = accounts.find(arret.account)
        if owner is not None:
            plans.plan(db, arret, filing, owner.caisse)
