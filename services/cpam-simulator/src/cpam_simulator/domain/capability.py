"""What the caisse can do with a control number that it has already seen.

Chosen by `POST /control/mode`; the adapter's guarantee depends on it (exactly once in A and B
only).
"""

from dataclasses import dataclass
from typing import Literal

Mode = Literal["A", "B", "C", "D"]


@dataclass(frozen=True, slots=True)
class Capability:
    recognises_repeat: bool
    """The same number with the same content is not filed again."""
    refuses_other_content: bool
    """The same number with other content is refused."""
    answers_status: bool
    names_number: bool
    """Business answers carry our control number."""


CAPABILITIES: dict[Mode, Capability] = {
    "A": Capability(True, True, False, True),
    "B": Capability(False, True, True, True),
    "C": Capability(False, False, False, True),
    "D": Capability(False, False, False, False),
}
