"""The status query (mode B): what the CPAM has under our control number."""

from lxml import etree

from cpam_adapter.partner import xml
from cpam_adapter.partner.classify import deposited, undelivered
from cpam_adapter.partner.contract import Contract
from cpam_adapter.partner.outcomes import NotFound, StatusOutcome, Unclear
from cpam_adapter.partner.post import Exchange
from cpam_adapter.partner.xml import MESSAGES, text_of


def read_status(contract: Contract, exchange: Exchange, control_number: str) -> StatusOutcome:
    """A question that got no clear answer proves nothing. In the contract's thread."""
    if undelivered(exchange) is not None or exchange.status != 200:
        return Unclear("not-answered")
    try:
        message = xml.body_of(xml.read(exchange.body))
    except xml.Unreadable as unreadable:
        return Unclear(f"unreadable-{unreadable.code}", breach=True)
    return _status(contract, message, control_number)


def _status(contract: Contract, message: etree._Element, control_number: str) -> StatusOutcome:
    if message.tag != f"{{{MESSAGES}}}ConsulterStatutReponse" or not contract.follows(message):
        return Unclear("schema", breach=True)
    if text_of(message, "numeroControle") != control_number:
        return Unclear("other-number", breach=True)
    if text_of(message, "statut") == "DEPOSE":
        return deposited(message)
    if text_of(message, "referenceDepot") is not None:
        return Unclear("unknown-with-reference", breach=True)
    return NotFound()
