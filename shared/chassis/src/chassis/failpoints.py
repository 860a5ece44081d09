"""Named places at which a test may let the process die as by `kill -9`.

`arm("relay.after_ack")` dies at the first pass, `arm("relay.after_ack@3")` at the third. Settings
refuse a failpoint in production; unarmed, a place costs one comparison.
"""

import os

KILLED = 137

_armed: str | None = None
_passes_left = 0


def arm(setting: str | None) -> None:
    global _armed, _passes_left  # noqa: PLW0603 (one process has one failpoint, set at its start)
    if setting is None:
        _armed = None
        return
    name, _, pass_number = setting.partition("@")
    _armed, _passes_left = name, int(pass_number or 1)


def fp(name: str) -> None:
    global _passes_left  # noqa: PLW0603
    if name != _armed:
        return
    _passes_left -= 1
    if _passes_left == 0:
        os._exit(KILLED)
