"""The gateway's settings: those of every service, and the size of its pool."""

from chassis.settings import ServiceSettings
from pydantic import Field


class GatewaySettings(ServiceSettings):
    pool_size: int = Field(default=10, ge=2, le=100)
    """Connections to PostgreSQL; more of them help group commits and cost memory on the server."""
