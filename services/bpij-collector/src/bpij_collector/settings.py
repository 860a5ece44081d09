"""The collector's settings, from `JONCTION_*`."""

from typing import Self

from chassis.settings import ServiceSettings
from pydantic import Field, model_validator


class Settings(ServiceSettings):
    port: int = 8003

    cpam: str = "http://127.0.0.1:8090"
    """Address of the CPAM's machine channel; slips lie under `/bpij`."""

    slips_poll_seconds: float = Field(default=300.0, gt=0)
    """Real time between two looks at an account's deposit. Slips come once a day: five minutes."""

    @model_validator(mode="after")
    def _password_travels_encrypted(self) -> Self:
        if self.mode == "production" and not self.cpam.startswith("https://"):
            raise ValueError("JONCTION_CPAM must be https in production")
        return self
