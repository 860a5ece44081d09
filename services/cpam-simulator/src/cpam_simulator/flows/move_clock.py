"""The virtual clock jumps forward, never back."""

import sqlite3
from datetime import datetime

from cpam_simulator.store import world
from cpam_simulator.store.world import World


def move_clock(db: sqlite3.Connection, to: datetime) -> World | None:
    """The world after the jump, or None when `to` lies in its past. Jumping to now is no jump."""
    here = world.get(db)
    if to < here.now:
        return None
    if to > here.now:
        world.move(db, to)
    return world.get(db)
