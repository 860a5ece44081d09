"""The adapter's own settings, beside those that every service has."""

from datetime import timedelta
from typing import Literal, Self

from chassis.settings import ServiceSettings
from pydantic import Field, model_validator

from cpam_adapter.domain.patience import Patience


class Settings(ServiceSettings):
    port: int = 8002

    cpam_url: str = "http://127.0.0.1:8090/teledeclaration"
    """Where deposits, questions and collections are posted; the directory has the accounts."""

    capability: Literal["A", "B", "C", "D"] = "B"
    """What the CPAM side offers for an unknown outcome: A recognises a repeated control number,
    B answers a status query, C sends only later answers, D nothing tied to our number. B is what
    the vendored contract offers; for a channel nobody has described it is C."""

    quiet_seconds: int = Field(default=120, ge=1)
    """Business time after an unknown outcome before the first question: the longest the CPAM may
    still be filing what it received."""

    settling_seconds: int = Field(default=600, ge=1)
    """Business time that must lie between two "not found" before the same bytes are sent again."""

    unclear_limit_seconds: int = Field(default=24 * 3600, ge=60)
    """Business time after which an unresolved submission goes to a person."""

    request_seconds: float = Field(default=15.0, gt=0)
    """Longest time of one call, connection and answer included."""

    lease_seconds: float = Field(default=90.0, gt=0)
    """How long a process may hold a submission; at least five times `request_seconds`."""

    submit_poll_seconds: float = Field(default=0.5, gt=0)
    """How often, in real time, there is a look for something to send, to ask or to recover."""

    answers_poll_seconds: float = Field(default=5.0, gt=0)
    """How often, in real time, business answers are collected of each account."""

    parallel_sends: int = Field(default=16, ge=1, le=64)
    """How many deposits one process has under way at once."""

    sends_at_one_account: int = Field(default=8, ge=1, le=64)
    """The most deposits under way at one account, of all processes together: a slow CPAM leaves the
    other accounts their turn."""

    backoff_first_seconds: float = Field(default=5.0, gt=0)
    """First bound of the wait, with full jitter and in real time, for what was provably not sent;
    it doubles with each failure."""

    backoff_longest_seconds: float = Field(default=900.0, gt=0)
    """The bound at which that doubling ends."""

    @property
    def patience(self) -> Patience:
        return Patience(
            quiet=timedelta(seconds=self.quiet_seconds),
            settling=timedelta(seconds=self.settling_seconds),
            limit=timedelta(seconds=self.unclear_limit_seconds),
        )

    @model_validator(mode="after")
    def _lease_outlasts_requests(self) -> Self:
        if self.lease_seconds < 5 * self.request_seconds:
            raise ValueError("JONCTION_LEASE_SECONDS must be at least 5 x JONCTION_REQUEST_SECONDS")
        if not self.cpam_url.startswith(("http://", "https://")):
            raise ValueError("JONCTION_CPAM_URL must be an http or https address")
        if self.mode == "production" and self.cpam_url.startswith("http://"):
            raise ValueError("JONCTION_CPAM_URL must be https in production")
        return self
