"""What each fact on the wire means for a deposit: the whole table, on raw bytes."""

import pytest
from cpam_adapter.partner.classify import classify_deposit
from cpam_adapter.partner.outcomes import Deposited, NotTaken, NumberReused, RefusedForm, Unclear
from cpam_adapter.partner.post import Exchange
from cpam_adapter.partner.xml import MESSAGES, SOAP

NUMBER, OTHER = "J0000000000000AB", "J0000000000000XY"
DEPOT = (
    "<depot><referenceDepot>DEP-000000000001</referenceDepot>"
    "<dateHeure>2026-03-02T07:00:00Z</dateHeure>"
    f"<empreinte>{'0' * 64}</empreinte><dejaDepose>false</dejaDepose></depot>"
)
HTML = b"<html><head><title>502</title></head><body>Bad Gateway</body></html>"


def envelope(inside, namespace=MESSAGES):
    return (
        f'<s:Envelope xmlns:s="{SOAP}"><s:Body xmlns="{namespace}">{inside}</s:Body></s:Envelope>'
    ).encode()


def receipt(content=DEPOT, number=NUMBER, namespace=MESSAGES):
    accuse = f"<accuse><numeroControle>{number}</numeroControle>{content}</accuse>"
    return envelope(f"<DeposerDeclarationsReponse>{accuse}</DeposerDeclarationsReponse>", namespace)


def refusal(code):
    return receipt(f"<refus><code>{code}</code><libelle>Refus</libelle></refus>")


def fault(code, *, who="s:Client", detail=True):
    erreur = f'<erreur xmlns="{MESSAGES}"><code>{code}</code><libelle>Refus</libelle></erreur>'
    return (
        f'<s:Envelope xmlns:s="{SOAP}" xmlns:o="urn:other"><s:Body><s:Fault>'
        f"<faultcode>{who}</faultcode><faultstring>Refus</faultstring>"
        f"{f'<detail>{erreur}</detail>' if detail else ''}"
        "</s:Fault></s:Body></s:Envelope>"
    ).encode()


def answered(body, status=200):
    return Exchange("all", status, body, whole=True)


def lot(*numbers):
    items = "".join(
        f"<accuse><numeroControle>{number}</numeroControle>{DEPOT}</accuse>" for number in numbers
    )
    return envelope(f"<DeposerDeclarationsReponse>{items}</DeposerDeclarationsReponse>")


REPEATED = DEPOT.replace(
    "<dateHeure>", "<referenceDepot>DEP-000000000002</referenceDepot><dateHeure>"
)
NO_REFERENCE = DEPOT.replace("<referenceDepot>DEP-000000000001</referenceDepot>", "")
EMPTY_REFERENCE = DEPOT.replace("DEP-000000000001", "")

UNCLEAR = {
    "write cut after some bytes": (Exchange("some", failure="connection"), False),
    "no answer in time": (Exchange("all", failure="time-out"), False),
    "closed before the answer": (Exchange("all", failure="connection"), False),
    "answer shorter than announced": (Exchange("all", 200, receipt()[:50]), False),
    "answer longer than any may be": (Exchange("all", 200, b"x", failure="too-large"), False),
    "202 without a body": (answered(b"", 202), False),
    "200 without a body": (answered(b""), True),
    "200 with an empty Body": (answered(envelope("")), True),
    "200 cut inside the XML": (answered(receipt()[:-20]), True),
    "200 without a reference": (answered(receipt(NO_REFERENCE)), True),
    "200 with an empty reference": (answered(receipt(EMPTY_REFERENCE)), True),
    "200 with a repeated field": (answered(receipt(REPEATED)), True),
    "200 in another namespace": (answered(receipt(namespace="urn:other")), True),
    "200 about another number": (answered(receipt(number=OTHER)), True),
    "200 about our number cut": (answered(receipt(number=NUMBER[:12])), True),
    "200 about ours and another": (answered(lot(NUMBER, OTHER)), True),
    "200 about nothing": (answered(lot()), True),
    "200 with another operation's answer": (
        answered(envelope("<ConfirmerReponsesReponse/>")),
        True,
    ),
    "500 around a receipt": (answered(receipt(), 500), True),
    "500 in html": (answered(HTML, 500), True),
    "500 without a body": (answered(b"", 500), True),
    "502 in well-formed html": (answered(HTML, 502), False),
    "504": (answered(HTML, 504), False),
    "503": (answered(b"", 503), False),
    "429": (answered(b"", 429), False),
    "403": (answered(b"", 403), False),
    "413": (answered(b"", 413), False),
    "301": (answered(b"", 301), False),
    "server fault": (answered(fault("ERREUR_INTERNE", who="s:Server"), 500), False),
    "server fault with a client's code": (
        answered(fault("SCHEMA_NON_CONFORME", who="s:Server"), 500),
        False,
    ),
    "client fault with an unknown code": (answered(fault("AUTRE_CODE"), 500), False),
    "client fault without a code": (answered(fault("X", detail=False), 500), False),
    "client of another namespace": (
        answered(fault("SCHEMA_NON_CONFORME", who="o:Client"), 500),
        False,
    ),
    "an instant that no calendar has": (
        answered(receipt(DEPOT.replace("T07:00:00Z", "T24:00:00Z"))),
        True,
    ),
    "doctype": (answered(b"<!DOCTYPE x>" + receipt()), True),
    "encoding that lies": (
        answered(b"<?xml version='1.0' encoding='utf-16'?>" + receipt()),
        True,
    ),
}


@pytest.mark.parametrize("fact", UNCLEAR)
async def test_what_is_not_proof_is_unclear(contract, fact):
    exchange, breach = UNCLEAR[fact]
    outcome = await contract.at_desk(lambda desk: classify_deposit(desk, exchange, NUMBER))
    assert isinstance(outcome, Unclear)
    assert outcome.breach == breach


@pytest.mark.parametrize(
    ("exchange", "expected"),
    [
        (Exchange("nothing", failure="connection"), NotTaken("unreachable")),
        (answered(b"", 401), NotTaken("account-refused")),
        (answered(fault("SCHEMA_NON_CONFORME"), 500), RefusedForm("SCHEMA_NON_CONFORME", "Refus")),
        (answered(fault("REQUETE_ILLISIBLE"), 200), RefusedForm("REQUETE_ILLISIBLE", "Refus")),
        (answered(refusal("NIR_INVALIDE")), RefusedForm("NIR_INVALIDE", "Refus")),
        (answered(refusal("NUMERO_REUTILISE")), NumberReused()),
    ],
    ids=lambda value: getattr(value, "word", None),
)
async def test_proof_that_nothing_was_filed_is_told_from_a_refusal(contract, exchange, expected):
    outcome = await contract.at_desk(lambda desk: classify_deposit(desk, exchange, NUMBER))
    assert outcome == expected


async def test_a_valid_receipt_about_our_number_is_a_deposit(contract):
    outcome = await contract.at_desk(
        lambda desk: classify_deposit(desk, answered(receipt()), NUMBER)
    )
    assert isinstance(outcome, Deposited)
    assert outcome.reference == "DEP-000000000001"
    assert outcome.deposited_at.isoformat() == "2026-03-02T07:00:00+00:00"


async def test_the_reference_inside_an_error_is_kept_but_not_believed(contract):
    outcome = await contract.at_desk(
        lambda desk: classify_deposit(desk, answered(receipt(), 500), NUMBER)
    )
    assert outcome.reference == "DEP-000000000001"


async def test_a_label_that_quotes_a_persons_number_is_starred(contract):
    body = receipt(
        "<refus><code>NIR_INVALIDE</code><libelle>NIR 1850375116042 inconnu</libelle></refus>"
    )
    outcome = await contract.at_desk(lambda desk: classify_deposit(desk, answered(body), NUMBER))
    assert outcome == RefusedForm("NIR_INVALIDE", "NIR *** inconnu")
