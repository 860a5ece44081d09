"""Reads a collection of business answers, one by one, so that a bad one does not hide the others.

Each answer keeps its own bytes (canonical XML) and hash; what cannot be read is still an answer,
with a reason instead of a content.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from chassis.logs import scrub
from contracts.events import Period, Verdict
from lxml import etree

from cpam_adapter.domain.answers import Accepted
from cpam_adapter.partner import xml
from cpam_adapter.partner.contract import Contract
from cpam_adapter.partner.words import OUR_RISKS, VERDICTS
from cpam_adapter.partner.xml import MESSAGES, text_of


@dataclass(frozen=True, slots=True)
class Reply:
    answer_id: str
    control_number: str | None
    reference: str
    siret: str
    verdict: Verdict
    code: str | None
    label: str | None
    answered_at: datetime
    accepted: Accepted | None


@dataclass(frozen=True, slots=True)
class RawReply:
    """`reply` is None where the bytes break the contract; `reason` then says how."""

    raw: bytes = field(repr=False)
    answer_id: str | None
    reply: Reply | None
    reason: str | None = None

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()


@dataclass(frozen=True, slots=True)
class Collected:
    replies: tuple[RawReply, ...]
    more: bool


def read_collection(contract: Contract, body: bytes) -> Collected:
    """Raises xml.Unreadable when the whole cannot be taken apart. In the contract's thread."""
    message = xml.body_of(xml.read(body))
    if message.tag != f"{{{MESSAGES}}}RecupererReponsesReponse":
        raise xml.Unreadable("not-a-collection")
    items = [item for item in message if item.tag == f"{{{MESSAGES}}}reponse"]
    if contract.follows(message):
        replies = tuple(_reply(item) for item in items)
    elif items:
        replies = tuple(_suspect(contract, item) for item in items)
    else:
        raise xml.Unreadable("schema")
    return Collected(replies, more=text_of(message, "suite") in ("true", "1"))


def reread(contract: Contract, raw: bytes) -> RawReply:
    """A stored answer, read again from its own bytes. In the contract's thread."""
    return _suspect(contract, etree.fromstring(raw, xml.parser()))


def _suspect(contract: Contract, item: etree._Element) -> RawReply:
    """Judged alone, inside an otherwise empty collection."""
    alone = etree.Element(f"{{{MESSAGES}}}RecupererReponsesReponse")
    alone.append(etree.fromstring(_canonical(item), xml.parser()))
    etree.SubElement(alone, f"{{{MESSAGES}}}suite").text = "false"
    if contract.follows(alone):
        return _reply(item)
    return RawReply(_canonical(item), text_of(item, "identifiantReponse"), None, "schema")


def _reply(item: etree._Element) -> RawReply:
    raw = _canonical(item)
    answer_id = text_of(item, "identifiantReponse")
    reference, siret, at = (
        text_of(item, "referenceDepot"),
        text_of(item, "siret"),
        xml.instant(text_of(item, "dateHeure")),
    )
    verdict = VERDICTS.get(text_of(item, "verdict") or "")
    if answer_id is None or reference is None or siret is None or at is None or verdict is None:
        return RawReply(raw, answer_id, None, "schema")
    acceptance = item.find(f"{{{MESSAGES}}}acceptation")
    if (acceptance is not None) != (verdict == "accepted") and acceptance is not None:
        return RawReply(raw, answer_id, None, "acceptance-without-verdict")
    return RawReply(
        raw,
        answer_id,
        Reply(
            answer_id=answer_id,
            control_number=text_of(item, "numeroControle"),
            reference=reference,
            siret=siret,
            verdict=verdict,
            code=text_of(item, "code"),
            label=scrub(text_of(item, "libelle") or "") or None,
            answered_at=at,
            accepted=_accepted(acceptance),
        ),
    )


def _accepted(element: etree._Element | None) -> Accepted | None:
    if element is None:
        return None
    until = _day(element, "accepteJusquau")
    gross = text_of(element, "ijBrute")
    subrogation = element.find(f"{{{MESSAGES}}}subrogation")
    first = last = None
    if subrogation is not None:
        first, last = _day(subrogation, "du"), _day(subrogation, "au") or until
    return Accepted(
        risk=OUR_RISKS[text_of(element, "risque") or ""],
        first_payable_day=date.fromisoformat(text_of(element, "premierJourIndemnise") or ""),
        accepted_until=until,
        daily_gross=None if gross is None else Decimal(gross),
        subrogation=Period(first=first, last=last) if first and last else None,
        claim_number=text_of(element, "numeroSinistre"),
    )


def _day(element: etree._Element, name: str) -> date | None:
    found = text_of(element, name)
    return None if found is None else date.fromisoformat(found)


def _canonical(item: etree._Element) -> bytes:
    return etree.tostring(item, method="c14n", exclusive=True, with_comments=False, with_tail=False)
