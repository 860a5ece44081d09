"""The caller has stored these answers: they stop coming."""

from cpam_simulator.domain.account import Account
from cpam_simulator.domain.reply import Confirmed
from cpam_simulator.store import answers, world
from cpam_simulator.store.database import Tx


def confirm_answers(tx: Tx, account: Account, confirmed: tuple[str, ...]) -> Confirmed:
    return Confirmed(answers.confirm(tx, account.name, confirmed, world.get(tx).now))
