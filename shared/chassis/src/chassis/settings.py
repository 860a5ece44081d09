"""The settings every service has, read once from `JONCTION_*` and from nowhere else.

A name with the prefix that the service does not know is refused at start: a misspelt setting that
is silently ignored is the worst kind.
"""

import os
import ssl
import sys
from pathlib import Path
from typing import Literal, NoReturn, Self, TypeVar

from pydantic import Field, FilePath, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.broker import Broker

PREFIX = "JONCTION_"
SECRETS = Path("/run/secrets")
"""Where containers are given secrets: a file there is read as the setting of its name, such as
`jonction_database`; the environment goes before it."""
S = TypeVar("S", bound="ServiceSettings")


class ServiceSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    mode: Literal["production", "demo", "test"] = "production"
    """Only outside production may a virtual clock, a failpoint or a CPAM account on loopback be
    used.
    """

    database: SecretStr = SecretStr("")
    """`postgresql+asyncpg://` of the service's role, which owns nothing."""

    database_owner: SecretStr = SecretStr("")
    """The same database as its owner; needed by `migrate` only."""

    kafka: str = "127.0.0.1:9092"
    """Bootstrap servers, `host:port` separated by commas."""

    kafka_user: str = ""
    """Over TLS each service comes with a name (its folder's) and a password, by SCRAM-SHA-512."""

    kafka_password: SecretStr = SecretStr("")
    """Of that user."""

    kafka_ca: FilePath | None = None
    """Certificates (PEM) of who vouches for the brokers; without it Kafka is reached in the clear
    (refused in production).
    """

    clock: str = "system"
    """`system`, or the address of the simulator's virtual clock (refused in production)."""

    directory: Path = Path("directory.toml")
    """Who is who: tenants, SIRETs, API clients, feed readers, CPAM accounts."""

    keys: Path = Path("keys")
    """Folder of key files (mode 0400): `jwks.json`, and where the service may hold them
    `token.key`, `data.key`, `person.key`."""

    host: str = "127.0.0.1"
    port: int = 8000

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    traces: Literal["off", "console", "otlp"] = "off"
    """Where spans go: nowhere, to standard error as JSON lines, or to a collector of OpenTelemetry.
    """

    traces_endpoint: str = "http://127.0.0.1:4318/v1/traces"
    """The collector's address for OTLP over HTTP (protobuf)."""

    traces_share: float = Field(default=1.0, ge=0, le=1)
    """How many traces of all are recorded, chosen by their id; the same in every service."""

    failpoint: str | None = None
    """Name of the place at which the process kills itself, for tests (refused in production)."""

    @field_validator("database", "database_owner")
    @classmethod
    def _asyncpg(cls, given: SecretStr) -> SecretStr:
        url = given.get_secret_value()
        if url and not url.startswith("postgresql+asyncpg://"):
            raise ValueError("must start with postgresql+asyncpg://")
        return given

    @field_validator("kafka_ca")
    @classmethod
    def _certificates(cls, given: Path | None) -> Path | None:
        try:
            ssl.create_default_context(cafile=given)
        except OSError as refused:
            raise ValueError("holds no certificate that can be read") from refused
        return given

    @model_validator(mode="after")
    def _together(self) -> Self:
        given = [bool(self.kafka_user), bool(self.kafka_password), self.kafka_ca is not None]
        if any(given) and not all(given):
            names = ", ".join(f"{PREFIX}KAFKA_{name}" for name in ("USER", "PASSWORD", "CA"))
            raise ValueError(f"{names} go together")
        return self

    @property
    def broker(self) -> Broker:
        password = self.kafka_password.get_secret_value()
        return Broker(self.kafka, self.kafka_user, password, self.kafka_ca)

    def check_mode(self) -> None:
        if self.mode == "production" and self.database and self.kafka_ca is None:
            stop("JONCTION_KAFKA_CA is missing: in production Kafka is reached over TLS")
        if self.mode == "production" and (self.failpoint or self.clock != "system"):
            stop("JONCTION_FAILPOINT and a virtual JONCTION_CLOCK are refused in production")


def load(settings: type[S], secrets: Path = SECRETS) -> S:
    """The settings of this process; on a wrong one, one clear line naming it and exit code 2."""
    known = {f"{PREFIX}{name}".upper() for name in settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        stop(f"unknown setting {', '.join(unknown)}; known: {', '.join(sorted(known))}")
    try:
        loaded = settings(_secrets_dir=secrets if secrets.is_dir() else None)
    except ValidationError as refused:
        # include_input=False: a setting may be a secret.
        problems = refused.errors(include_input=False, include_url=False)
        # A check across several settings has no place of its own; its text names them.
        names = "; ".join(
            ": ".join([*(f"{PREFIX}{name}".upper() for name in error["loc"][:1]), error["msg"]])
            for error in problems
        )
        stop(names)
    loaded.check_mode()
    return loaded


def stop(message: str) -> NoReturn:
    sys.stderr.write(f"jonction: {message}\n")
    raise SystemExit(2)
