"""Identifiers that are derived, so that every service and every retry finds the same one."""

from uuid import UUID, uuid5

_JONCTION = UUID("6f1c53a4-1f0c-5b0e-9a53-0d6f8e6d7a10")


def submission_id(declaration: UUID, revision: int) -> UUID:
    return uuid5(_JONCTION, f"submission|{declaration}|{revision}")


def case_id(declaration: UUID) -> UUID:
    return uuid5(_JONCTION, f"case|{declaration}")


def statement_id(account: str, slip: str, group: str) -> UUID:
    """`slip` is the file's Identification, `group` the place of the statement inside it."""
    return uuid5(_JONCTION, f"statement|{account}|{slip}|{group}")


def overdue_id(case: UUID, awaited: str, revision: int) -> UUID:
    return uuid5(_JONCTION, f"overdue|{case}|{awaited}|{revision}")


def incident_id(service: str, kind: str, key: str) -> UUID:
    return uuid5(_JONCTION, f"incident|{service}|{kind}|{key}")


def event_id(topic: str, stream: UUID, epoch: int, version: int) -> UUID:
    return uuid5(_JONCTION, f"event|{topic}|{stream}|{epoch}|{version}")
