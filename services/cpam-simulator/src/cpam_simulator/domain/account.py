"""A CPAM account: who may ask, for which establishments, and which caisse pays them."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field

from chassis.directory import Directory


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    password: str = field(repr=False)
    company: str
    caisse: str
    sirets: frozenset[str]


class Accounts:
    """Accounts by name. The simulator sees sirets as text, without the platform's own types."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        self._by_name = {account.name: account for account in accounts}

    @classmethod
    def of(cls, directory: Directory) -> "Accounts":
        return cls(
            Account(
                entry.account,
                entry.password(),
                tenant.name,
                entry.caisse,
                frozenset(siret.value for siret in tenant.sirets),
            )
            for entry in directory.cpam_accounts
            if (tenant := directory.tenant(entry.tenant)) is not None
        )

    def find(self, name: str) -> Account | None:
        return self._by_name.get(name)

    def check(self, name: str, password: str) -> Account | None:
        account = self._by_name.get(name)
        # An unknown name costs the same comparison, so that names cannot be guessed by time.
        expected = account.password if account else ""
        right = hmac.compare_digest(expected.encode(), password.encode())
        return account if account and right else None
