"""The virtual clock jumps forward, never back."""

from datetime import datetime

from cpam_simulator.store import world
from cpam_simulator.store.database import Tx
from cpam_simulator.store.world import World


def move_clock(tx: Tx, to: datetime, hold: bool) -> World | None:
    """The world after the jump, or None when `to` lies in its past. Jumping to now is no jump.

    `hold` keeps the CPAM from acting until a jump to the same instant without it.
    """
    here = world.get(tx)
    if to < here.now:
        return None
    if to > here.now:
        world.move(tx, to)
    if not hold:
        world.act(tx)
    return world.get(tx)
