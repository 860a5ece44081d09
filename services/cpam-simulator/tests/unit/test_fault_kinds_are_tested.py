"""A kind of fault that nobody has seen work is no kind of fault."""

from pathlib import Path

import pytest
from cpam_simulator.domain.fault import KINDS

TESTS = Path(__file__).parents[1] / "integration"


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_fault_is_seen_in_an_integration_test(kind: str) -> None:
    text = "".join(path.read_text("utf-8") for path in TESTS.glob("*.py"))
    assert f'"{kind}' in text
