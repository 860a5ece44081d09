"""Whatever bytes come in, the answer is a request or a fault of the client, never a bug."""

from pathlib import Path

from cpam_simulator.contract.faults import NOT_PROCESSED, SoapFault
from cpam_simulator.contract.read_request import read_request
from hypothesis import given, settings
from hypothesis import strategies as st

SAMPLE = (Path(__file__).parents[1] / "samples/deposer-request.xml").read_bytes()


def read_or_refused(raw: bytes) -> None:
    code = None
    try:
        read_request(raw)
    except SoapFault as fault:
        code = fault.code
    assert code is None or code in NOT_PROCESSED


@given(st.binary(max_size=400))
@settings(max_examples=100, deadline=None)
def test_random_bytes(raw: bytes) -> None:
    read_or_refused(raw)


@given(st.integers(0, len(SAMPLE)), st.integers(0, 30), st.binary(max_size=10))
@settings(max_examples=300, deadline=None)
def test_a_request_with_a_piece_replaced(start: int, length: int, piece: bytes) -> None:
    read_or_refused(SAMPLE[:start] + piece + SAMPLE[start + length :])


@given(st.text(alphabet="0123456789-ABZ", max_size=17))
@settings(max_examples=200, deadline=None)
def test_a_request_with_odd_dates_and_numbers(text: str) -> None:
    for right in (b"2026-03-22", b"1850375116042", b"2025-12", b"FR7630006000011234567890189"):
        read_or_refused(SAMPLE.replace(right, text.encode()))
