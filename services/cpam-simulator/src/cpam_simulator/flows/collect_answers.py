"""The business answers that are due for an account and not confirmed; they come until they are."""

from dataclasses import replace

from cpam_simulator.domain.account import Account
from cpam_simulator.domain.capability import CAPABILITIES
from cpam_simulator.domain.reply import DueAnswers
from cpam_simulator.store import answers, world
from cpam_simulator.store.database import Tx


def collect_answers(tx: Tx, account: Account, maximum: int) -> DueAnswers:
    here = world.get(tx)
    due = answers.list_due(tx, account.name, here.acted_to, maximum + 1)
    given = due[:maximum]
    if given:
        answers.mark_sent(tx, [item.id for item in given], here.now)
    if not CAPABILITIES[here.mode].names_number:
        given = [replace(item, control_number=None) for item in given]
    return DueAnswers(tuple(given), more=len(due) > maximum)
