"""Who is who, from one `directory.toml` read at start: tenants, API clients, readers, CPAM
accounts.

Secrets are not in it: client secrets as Argon2 hashes, CPAM passwords by file, relative to it.
"""

import tomllib
from pathlib import Path
from typing import Literal

from contracts.identifiers import Siret
from pydantic import BaseModel, ConfigDict, Field, model_validator

Role = Literal["hris", "insurer", "operator"]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tenant(_Entry):
    """An employer group. `notify` are the addresses that its alerts go to."""

    id: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    name: str
    sirets: tuple[Siret, ...]
    notify: tuple[str, ...] = ()


class Client(_Entry):
    """A machine that calls our APIs. `hris` has a tenant; who reads the feed has a reader."""

    id: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    role: Role
    secret_hash: str = Field(repr=False)
    tenant: str | None = None
    reader: str | None = None


class Reader(_Entry):
    """One cursor of the event feed and the tenants whose events it sees."""

    id: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    kind: Literal["insurer", "hris"]
    name: str
    tenants: tuple[str, ...]


class CpamAccount(_Entry):
    """A tenant's access to the CPAM's machine channel. `caisse` is the 3-digit code of the
    caisse.
    """

    tenant: str
    account: str = Field(pattern=r"^[A-Za-z0-9-]{1,40}$")
    password_file: Path
    caisse: str = Field(pattern=r"^[0-9]{3}$")

    def password(self) -> str:
        return self.password_file.read_text("utf-8").strip()


class Directory(_Entry):
    tenants: tuple[Tenant, ...] = ()
    clients: tuple[Client, ...] = ()
    readers: tuple[Reader, ...] = ()
    cpam_accounts: tuple[CpamAccount, ...] = ()
    operators: tuple[str, ...] = ()
    """Addresses that incidents go to."""

    @classmethod
    def load(cls, path: Path) -> "Directory":
        raw = tomllib.loads(path.read_text("utf-8"))
        for account in raw.get("cpam_accounts", ()):
            account["password_file"] = path.parent / account["password_file"]
        return cls.model_validate(raw)

    @model_validator(mode="after")
    def _references_exist(self) -> "Directory":
        tenants = {tenant.id for tenant in self.tenants}
        readers = {reader.id for reader in self.readers}
        named = [client.tenant for client in self.clients if client.tenant]
        named += [tenant for reader in self.readers for tenant in reader.tenants]
        named += [account.tenant for account in self.cpam_accounts]
        unknown = set(named) - tenants
        unknown |= {client.reader for client in self.clients if client.reader} - readers
        if unknown:
            raise ValueError(f"directory names what it does not define: {sorted(unknown)}")
        return self

    def tenant(self, tenant: str) -> Tenant | None:
        return next((item for item in self.tenants if item.id == tenant), None)

    def client(self, client: str) -> Client | None:
        return next((item for item in self.clients if item.id == client), None)

    def reader(self, reader: str) -> Reader | None:
        return next((item for item in self.readers if item.id == reader), None)

    def account_of(self, tenant: str) -> CpamAccount | None:
        return next((item for item in self.cpam_accounts if item.tenant == tenant), None)

    def tenant_of_siret(self, siret: Siret) -> str | None:
        return next((tenant.id for tenant in self.tenants if siret in tenant.sirets), None)
