"""The console's own settings: where the other services are, and who it is to them."""

from ipaddress import ip_address

from chassis.settings import ServiceSettings, stop
from pydantic import SecretStr


class Settings(ServiceSettings):
    port: int = 8007

    gateway_url: str = "http://127.0.0.1:8001"
    """Where the declaration-gateway is, which also gives us our tokens."""

    adapter_url: str = "http://127.0.0.1:8002"
    """Where the cpam-adapter is."""

    collector_url: str = "http://127.0.0.1:8003"
    """Where the bpij-collector is."""

    matcher_url: str = "http://127.0.0.1:8004"
    """Where the matcher is."""

    feed_url: str = "http://127.0.0.1:8005"
    """Where the event-feed is."""

    notifier_url: str = "http://127.0.0.1:8006"
    """Where the notifier is."""

    client_id: str = "ops-console"
    """The console's own API client in the directory, with the role operator."""

    client_secret: SecretStr = SecretStr("")
    """The secret of that client."""

    refresh_seconds: int = 5
    """How often an open page asks whether anything has changed."""

    def check_mode(self) -> None:
        """Whoever reaches the console sees every tenant: without a login it stays here."""
        super().check_mode()
        if self.mode == "production":
            stop("the console has no login yet and is refused in production (JONCTION_MODE)")
        if not ip_address(self.host).is_loopback:
            stop("the console has no login yet: JONCTION_HOST must be a loopback address")
