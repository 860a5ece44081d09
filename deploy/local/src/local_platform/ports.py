"""The ports of a platform: free ones, and kept in a file where its addresses should last."""

import json
import socket
from pathlib import Path

from local_platform.processes import free_ports
from local_platform.services import SERVICES

NAMES = (*SERVICES, "postgres", "kafka", "smtp")


def choose_ports(file: Path, *, keep: bool) -> dict[str, int]:
    """With `keep` those of the file, where nobody else has taken one meanwhile."""
    if keep and file.exists():
        kept: dict[str, int] = json.loads(file.read_text())
        if kept.keys() == set(NAMES) and all(map(_is_free, kept.values())):
            return kept
    ports = dict(zip(NAMES, free_ports(len(NAMES)), strict=True))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(ports, indent=2) + "\n")
    return ports


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As our servers do: connections of the last run that still end are no reason to refuse.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
