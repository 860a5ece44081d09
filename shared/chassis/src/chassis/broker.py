"""Where Kafka is, and as whom we come: one value, handed to every client."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Broker:
    """`address`: `host:port` separated by commas. With `authority` (PEM) over TLS, and SCRAM."""

    address: str
    user: str = ""
    password: str = field(default="", repr=False)
    authority: Path | None = None

    def options(self) -> dict[str, Any]:
        """For aiokafka's clients: each gets a TLS context of its own, read from the file now."""
        return {"bootstrap_servers": self.address, **self.security()}

    def security(self) -> dict[str, Any]:
        if self.authority is None:
            return {}
        return {
            "security_protocol": "SASL_SSL",
            "ssl_context": ssl.create_default_context(cafile=str(self.authority)),
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": self.user,
            "sasl_plain_password": self.password,
        }
