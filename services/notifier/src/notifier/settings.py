"""The notifier's own settings, beside those that every service has."""

from typing import Literal, Self

from chassis.settings import ServiceSettings
from pydantic import SecretStr, model_validator


class Settings(ServiceSettings):
    port: int = 8006

    smtp_host: str = "127.0.0.1"
    """The mail server that takes our mails."""

    smtp_port: int = 587
    """587 for starttls, 465 for implicit encryption."""

    smtp_tls: Literal["starttls", "implicit", "off"] = "starttls"
    """How the connection is encrypted. `off` is for a server on loopback, in demo and tests."""

    smtp_user: str | None = None
    """None: the server takes mails from us without a login."""

    smtp_password: SecretStr | None = None
    """Goes with `smtp_user`."""

    mail_from: str = "Jonction <jonction@localhost>"
    """Sender of every mail. Its domain stands in the Message-IDs too: do not change it lightly."""

    console_url: str = "http://127.0.0.1:8007"
    """Where the links in mails lead: the operations console."""

    mail_poll_seconds: float = 1.0
    """How often the queue of mails is looked at, in real time."""

    mail_lease_seconds: float = 30.0
    """How long one process may keep a batch of mails before another one takes it over."""

    @model_validator(mode="after")
    def _encrypted_in_production(self) -> Self:
        if self.mode == "production" and self.smtp_tls == "off":
            raise ValueError("JONCTION_SMTP_TLS=off is refused in production")
        return self
