"""From a script to rows: the answers and slips that hang on the nth filing of an arrêt."""

from cpam_simulator.domain.script import Script
from cpam_simulator.store import answers, filings, scripts, slips
from cpam_simulator.store.database import Tx
from cpam_simulator.store.filings import Arret, Filing


def plan(tx: Tx, arret: Arret, filing: Filing, caisse: str) -> None:
    """Once per revision: a number filed twice by mistake is not answered twice."""
    if filings.was_planned(tx, filing):
        return
    script = scripts.find(tx, arret.siret, arret.nir, arret.first_day.isoformat())
    if script is None:
        return
    filings.mark_planned(tx, filing)
    for answer in script.answers:
        if answer.revision == filing.revision:
            answers.add(tx, arret, filing, script.name, answer)
    payee = slips.Payee(
        arret.account, caisse, arret.siret, arret.nir, arret.last_name, arret.first_name
    )
    for slip in script.slips:
        if slip.revision == filing.revision:
            slips.plan(tx, payee, slip.due(filing.filed_at), slip, script.name)


def plan_unsolicited(tx: Tx, script: Script, account: str, caisse: str) -> None:
    """Slips for nobody's declaration. Posting the script again replaces those still waiting."""
    slips.drop_waiting(tx, script.name)
    for slip in script.slips:
        if slip.at and slip.siret and slip.nir and slip.last_name and slip.first_name:
            payee = slips.Payee(
                account, caisse, slip.siret, slip.nir, slip.last_name, slip.first_name
            )
            slips.plan(tx, payee, slip.at, slip, script.name)
