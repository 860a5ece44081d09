"""What can go wrong on purpose, and when: the kinds and the rule that picks calls for one.

Rules come from `POST /control/faults` and from `technical` in scripts; the routes carry them out.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Scope = Literal["call", "deposit", "collect", "slip"]

DEPOSIT = "DeposerDeclarations"
COLLECT = "RecupererReponses"
SLIP = "slip"
OPERATIONS = (
    DEPOSIT,
    COLLECT,
    "ConfirmerReponses",
    "ConsulterStatut",
    "bpij.list",
    "bpij.fetch",
    "bpij.confirm",
)


@dataclass(frozen=True, slots=True)
class Kind:
    scope: Scope
    """`call`: any operation. `deposit`, `collect`: that operation. `slip`: a ZIP when it is made.
    """
    commits: bool
    """Whether the call takes effect unless the rule says otherwise."""
    seconds: float = 0
    """Default wait in real time."""


KINDS: dict[str, Kind] = {
    "commit-then-no-answer": Kind("call", True, 60),
    "commit-then-reset": Kind("call", True),
    "commit-then-close": Kind("call", True),
    "no-commit-no-answer": Kind("call", False, 60),
    "no-commit-then-reset": Kind("call", False),
    "slow": Kind("call", True, 5),
    "late-commit": Kind("call", True, 5),
    "server-fault": Kind("call", False),
    "client-fault": Kind("call", False),
    "success-500": Kind("call", True),
    "html-500": Kind("call", False),
    "html-502": Kind("call", False),
    "html-504": Kind("call", False),
    "retry-503": Kind("call", False, 2),
    "status": Kind("call", False),
    "truncated": Kind("call", True),
    "short-length": Kind("call", True),
    "empty": Kind("call", True),
    "empty-202": Kind("call", True),
    "empty-body": Kind("call", True),
    "malformed": Kind("call", True),
    "doctype": Kind("call", True),
    "entity-bomb": Kind("call", True),
    "wrong-encoding": Kind("call", True),
    "wrong-namespace": Kind("call", True),
    "repeated-field": Kind("call", True),
    "missing-reference": Kind("deposit", True),
    "partial-lot": Kind("deposit", True),
    "other-number": Kind("deposit", True),
    "duplicate-of-own": Kind("deposit", True),
    "duplicate-of-other": Kind("deposit", True),
    "refuse": Kind("deposit", True),
    "duplicate-answers": Kind("collect", True),
    "reordered": Kind("collect", True),
    "unknown-number": Kind("collect", True),
    "cut-number": Kind("collect", True),
    "other-account": Kind("collect", True),
    "bad-totals": Kind("slip", True),
    "truncated-zip": Kind("slip", True),
    "bad-crc": Kind("slip", True),
    "same-content-twice": Kind("slip", True),
    "changed-content": Kind("slip", True),
    "zip-slip": Kind("slip", True),
    "zip-bomb": Kind("slip", True),
    "nested-zip": Kind("slip", True),
    "two-data-files": Kind("slip", True),
    "envelope-only": Kind("slip", True),
    "slip-malformed": Kind("slip", True),
    "slip-doctype": Kind("slip", True),
    "slip-other-schema": Kind("slip", True),
}

LEVELS = ("assure", "declare", "declarant")


class FaultRule(BaseModel):
    """One rule. Of the calls that it fits: passes `skip`, then hits `calls` (null: all) at
    `percent`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    operation: str | None = None
    """Default: DeposerDeclarations for `call` kinds, the kind's own operation otherwise."""
    control_number: str | None = None
    account: str | None = None
    calls: int | None = Field(default=1, ge=1)
    skip: int = Field(default=0, ge=0)
    percent: float = Field(default=100, gt=0, le=100)
    seed: int = 0
    seconds: float | None = Field(default=None, ge=0, le=3600)
    commit: bool | None = None
    code: str | None = Field(default=None, pattern=r"^[A-Z][A-Z0-9_]{1,39}$")
    status: int = Field(default=401, ge=200, le=599)
    times: int = Field(default=5, ge=2, le=50)
    level: Literal["assure", "declare", "declarant"] = "declare"

    @model_validator(mode="after")
    def _kind_and_operation_fit(self) -> Self:
        kind = KINDS.get(self.kind)
        if kind is None:
            raise ValueError(f"unknown kind; known: {', '.join(sorted(KINDS))}")
        own = {"deposit": DEPOSIT, "collect": COLLECT, "slip": SLIP}.get(kind.scope)
        allowed = (own,) if own else OPERATIONS
        if self.operation is not None and self.operation not in allowed:
            raise ValueError(f"operation of this kind must be one of {', '.join(allowed)}")
        return self

    @property
    def hits(self) -> str:
        """The operation that this rule waits for."""
        scope = KINDS[self.kind].scope
        if scope == "slip":
            return SLIP
        return self.operation or (COLLECT if scope == "collect" else DEPOSIT)

    @property
    def commits(self) -> bool:
        return KINDS[self.kind].commits if self.commit is None else self.commit

    @property
    def wait_seconds(self) -> float:
        return KINDS[self.kind].seconds if self.seconds is None else self.seconds

    def drawn(self, nth: int) -> bool:
        """Whether the nth fitting call (from 0) is hit; the same seed draws the same calls."""
        if nth < self.skip:
            return False
        draw = hashlib.sha256(f"{self.seed}:{nth}".encode()).digest()
        return int.from_bytes(draw[:4], "big") / 2**32 * 100 < self.percent
