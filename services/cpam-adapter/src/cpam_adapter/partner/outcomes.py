"""What an exchange means, as seen by the flows: codes and words of ours only.

`word` is what stands in the attempt's row.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Proof that nothing was filed: not one byte out, or refused before reading as documented."""

    reason: str

    @property
    def word(self) -> str:
        return f"not-taken:{self.reason}"


@dataclass(frozen=True, slots=True)
class Deposited:
    """`filing_sha256` is the CPAM's hash of what it has under our number, `filings` how often: more
    than once is a double.
    """

    reference: str
    deposited_at: datetime
    filing_sha256: str
    already: bool = False
    filings: int = 1

    @property
    def word(self) -> str:
        return "already-deposited" if self.already else "deposited"


@dataclass(frozen=True, slots=True)
class RefusedForm:
    """Documented as not processed."""

    code: str
    label: str | None

    @property
    def word(self) -> str:
        return f"refused:{self.code}"


@dataclass(frozen=True, slots=True)
class Unclear:
    """Anything but proof. `breach`: the answer breaks the contract. `reference`: seen, not
    believed. `foreign`: it speaks of another number than ours.
    """

    reason: str
    breach: bool = False
    reference: str | None = None
    foreign: str | None = None

    @property
    def word(self) -> str:
        return f"unclear:{self.reason}"


@dataclass(frozen=True, slots=True)
class NumberReused:
    """Our number is known to the CPAM with another content."""

    word = "number-reused"


@dataclass(frozen=True, slots=True)
class NotFound:
    """The status query says that the number is unknown."""


DepositOutcome = NotTaken | Deposited | RefusedForm | NumberReused | Unclear
StatusOutcome = Deposited | NotFound | Unclear
