"""Whatever bytes come back, reading them ends in an outcome, and proof is never invented."""

from cpam_adapter.partner import xml
from cpam_adapter.partner.classify import classify_deposit
from cpam_adapter.partner.contract import Contract
from cpam_adapter.partner.outcomes import Deposited, RefusedForm, Unclear
from cpam_adapter.partner.post import Exchange
from cpam_adapter.partner.replies import read_collection
from cpam_adapter.partner.status import read_status
from cpam_adapter.partner.xml import MESSAGES, SOAP
from hypothesis import given, settings
from hypothesis import strategies as st

NUMBER = "J0000000000000AB"
HEAD = f'<s:Envelope xmlns:s="{SOAP}"><s:Body xmlns="{MESSAGES}">'
TAIL = "</s:Body></s:Envelope>"
PROOF = (
    "<referenceDepot>DEP-000000000001</referenceDepot><dateHeure>2026-03-02T07:00:00Z</dateHeure>"
    f"<empreinte>{'0' * 64}</empreinte>"
)
RECEIPT = (
    f"{HEAD}<DeposerDeclarationsReponse><accuse><numeroControle>{NUMBER}</numeroControle>"
    f"<depot>{PROOF}<dejaDepose>false</dejaDepose></depot></accuse></DeposerDeclarationsReponse>{TAIL}"
).encode()
STATUS = (
    f"{HEAD}<ConsulterStatutReponse><numeroControle>{NUMBER}</numeroControle><statut>DEPOSE</statut>"
    f"{PROOF}<nombreDepots>1</nombreDepots></ConsulterStatutReponse>{TAIL}"
).encode()
ANSWERS = (
    f"{HEAD}<RecupererReponsesReponse><reponse><identifiantReponse>REP-00000001</identifiantReponse>"
    f"<numeroControle>{NUMBER}</numeroControle><referenceDepot>DEP-000000000001</referenceDepot>"
    "<siret>99912300300017</siret><verdict>ACCEPTATION</verdict>"
    "<dateHeure>2026-03-06T10:00:00Z</dateHeure><acceptation><risque>MALADIE</risque>"
    "<premierJourIndemnise>2026-03-05</premierJourIndemnise></acceptation></reponse>"
    f"<suite>false</suite></RecupererReponsesReponse>{TAIL}"
).encode()

# One desk for all examples; used here in the test's own thread only.
DESK = Contract()


@st.composite
def spoiled(draw, original):
    """A piece taken out, doubled, or replaced by something else."""
    first = draw(st.integers(0, len(original) - 1))
    last = draw(st.integers(first, min(len(original), first + 60)))
    piece = draw(
        st.one_of(
            st.just(b""),
            st.just(original[first:last] * 2),
            st.binary(max_size=12),
            st.sampled_from(
                [b"<!--", b"-->", b"]]>", b"&lt;", b"&e;", b"<?x?>", b"\x00", b"24:00"]
            ),
        )
    )
    return original[:first] + piece + original[last:]


@given(spoiled(RECEIPT), st.sampled_from([200, 500]))
@settings(max_examples=400, deadline=None, derandomize=True)
def test_a_spoiled_receipt_proves_a_deposit_only_if_number_and_form_are_whole(body, status):
    outcome = classify_deposit(DESK, Exchange("all", status, body, whole=True), NUMBER)
    assert isinstance(outcome, Deposited | RefusedForm | Unclear)
    if isinstance(outcome, Deposited):
        assert status == 200
        assert NUMBER.encode() in body
        assert outcome.reference


@given(spoiled(STATUS))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_a_spoiled_status_is_found_or_unclear_and_never_not_found(body):
    outcome = read_status(DESK, Exchange("all", 200, body, whole=True), NUMBER)
    assert isinstance(outcome, Deposited | Unclear)


@given(spoiled(ANSWERS))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_a_spoiled_collection_is_read_answer_by_answer_or_refused_as_a_whole(body):
    try:
        collected = read_collection(DESK, body)
    except xml.Unreadable:
        return
    for reply in collected.replies:
        assert (reply.reply is None) == (reply.reason is not None)
        assert reply.raw
