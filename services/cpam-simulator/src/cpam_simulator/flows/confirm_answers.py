"""The caller has stored these answers: they stop coming."""

import sqlite3

from cpam_simulator.domain.account import Account
from cpam_simulator.domain.reply import Confirmed
from cpam_simulator.store import answers, world


def confirm_answers(
    db: sqlite3.Connection, account: Account, confirmed: tuple[str, ...]
) -> Confirmed:
    return Confirmed(answers.confirm(db, account.name, confirmed, world.get(db).now))
