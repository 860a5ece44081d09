"""The gateway's settings: those of every service, its pool, and how long it keeps keys."""

from datetime import timedelta

from chassis.settings import ServiceSettings
from pydantic import Field


class GatewaySettings(ServiceSettings):
    pool_size: int = Field(default=10, ge=2, le=100)
    """Connections to PostgreSQL; more of them help group commits and cost memory on the server."""

    idempotency_days: int = Field(default=90, ge=1)
    """How long a request that is sent again under its key gets its first answer, in real time."""

    @property
    def keys_kept(self) -> timedelta:
        return timedelta(days=self.idempotency_days)
