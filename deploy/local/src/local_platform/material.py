"""Keys, secrets and the directory of a platform on one machine, made once for each `var/` folder.

Each service's key folder holds what that service may hold and nothing else. Secrets lie in files
of mode 0400 beside the directory, which knows only their hashes.
"""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from argon2 import PasswordHasher
from joserfc.jwk import OKPKey

SEES_PERSONS = ("declaration-gateway", "cpam-adapter", "bpij-collector", "matcher", "event-feed")
MAKES_PERSON_REFS = ("declaration-gateway", "bpij-collector")
ISSUES_TOKENS = ("declaration-gateway",)

TENANTS = (
    {
        "id": "menuiserie-kerbrat",
        "name": "Menuiserie Kerbrat",
        "sirets": ["99912300300017"],
        "notify": ["paie@menuiserie-kerbrat.example", "rh@menuiserie-kerbrat.example"],
    },
    {
        "id": "transports-delorme",
        "name": "Transports Delorme",
        "sirets": ["99945600700015", "99945600700023"],
        "notify": ["paie@transports-delorme.example"],
    },
)
READERS = (
    {
        "id": "prevoyance-aurore",
        "kind": "insurer",
        "name": "Prévoyance Aurore",
        "tenants": ["menuiserie-kerbrat", "transports-delorme"],
    },
    {
        "id": "retour-kerbrat",
        "kind": "hris",
        "name": "Retour SIRH Kerbrat",
        "tenants": ["menuiserie-kerbrat"],
    },
)
CLIENTS = (
    {
        "id": "sirh-kerbrat",
        "role": "hris",
        "tenant": "menuiserie-kerbrat",
        "reader": "retour-kerbrat",
    },
    {"id": "sirh-delorme", "role": "hris", "tenant": "transports-delorme"},
    {"id": "prevoyance-aurore", "role": "insurer", "reader": "prevoyance-aurore"},
    {"id": "ops-console", "role": "operator"},
    {"id": "exploitation", "role": "operator"},
)
CPAM_ACCOUNTS = (
    {"tenant": "menuiserie-kerbrat", "account": "KERBRAT29", "caisse": "291"},
    {"tenant": "transports-delorme", "account": "DELORME69", "caisse": "691"},
)
OPERATORS = ("exploitation@jonction.example",)


@dataclass(frozen=True)
class Material:
    """Where the keys of each service, the directory and the clients' secrets lie."""

    folder: Path

    @property
    def directory(self) -> Path:
        return self.folder / "directory.toml"

    def keys(self, service: str) -> Path:
        return self.folder / "keys" / service

    def secret(self, client: str) -> str:
        return (self.folder / "secrets" / client).read_text()


def provide_material(folder: Path, services: tuple[str, ...]) -> Material:
    """Writes what is missing and leaves what is there: kept data stay readable."""
    material = Material(folder)
    if not material.directory.exists():
        _write_keys(material, services)
        _write_directory(material)
    return material


def _write_keys(material: Material, services: tuple[str, ...]) -> None:
    signing = OKPKey.generate_key("Ed25519", private=True, auto_kid=True)
    public = json.dumps({"keys": [signing.as_dict(private=False)]})
    private = json.dumps(signing.as_dict(private=True))
    data, person = (f"k1 {secrets.token_hex(32)}\n" for _ in range(2))
    for service in services:
        keys = material.keys(service)
        _write(keys / "jwks.json", public)
        for file, content, holders in (
            ("token.key", private, ISSUES_TOKENS),
            ("data.key", data, SEES_PERSONS),
            ("person.key", person, MAKES_PERSON_REFS),
        ):
            if service in holders:
                _write(keys / file, content)


def _write_directory(material: Material) -> None:
    # Cheap parameters: these secrets are random, made here and used on this machine only.
    hasher = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1)
    clients = []
    for client in CLIENTS:
        secret = secrets.token_urlsafe(32)
        _write(material.folder / "secrets" / client["id"], secret)
        clients.append({**client, "secret_hash": hasher.hash(secret)})
    accounts = []
    for account in CPAM_ACCOUNTS:
        file = f"secrets/cpam-{account['account']}"
        _write(material.folder / file, secrets.token_urlsafe(24))
        accounts.append({**account, "password_file": file})
    tables: dict[str, tuple[dict[str, object], ...] | list[dict[str, object]]] = {
        "tenants": TENANTS,  # type: ignore[dict-item]
        "readers": READERS,  # type: ignore[dict-item]
        "clients": clients,  # type: ignore[dict-item]
        "cpam_accounts": accounts,  # type: ignore[dict-item]
    }
    lines = [f"operators = {json.dumps(OPERATORS)}"]
    for name, entries in tables.items():
        for entry in entries:
            lines += ["", f"[[{name}]]"]
            # A JSON string or list of strings is one in TOML as well.
            lines += [f"{key} = {json.dumps(value)}" for key, value in entry.items()]
    _write(material.directory, "\n".join(lines) + "\n")


def _write(file: Path, content: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_name(f".{file.name}")
    half.unlink(missing_ok=True)
    half.touch(mode=0o600)
    half.write_text(content)
    half.chmod(0o400)
    half.rename(file)
