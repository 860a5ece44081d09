"""Door of time: the virtual clock that the whole platform reads, its jumps, our own quietness."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import AwareDatetime, BaseModel, ConfigDict

from cpam_simulator.domain.account import Accounts
from cpam_simulator.domain.instant import utc_text
from cpam_simulator.flows.move_clock import move_clock
from cpam_simulator.flows.release_slips import release_slips
from cpam_simulator.routes.access import Here
from cpam_simulator.store import answers, slips, world
from cpam_simulator.store.database import Tx
from cpam_simulator.store.world import World

router = APIRouter()


class Jump(BaseModel):
    model_config = ConfigDict(extra="forbid")
    to: AwareDatetime
    hold: bool = False


@router.get("/clock")
async def read_clock(here: Here, after: int | None = None) -> dict[str, Any]:
    """`after` is the tick that the reader knows: the answer waits for the next jump, one second at
    most."""
    return await here.clock_after(after)


@router.post("/control/clock")
async def jump(here: Here, asked: Jump) -> dict[str, Any]:
    moved = await here.store.run(_jump, asked.to, asked.hold, here.accounts)
    if moved is None:
        raise HTTPException(409, "L'horloge ne recule jamais; the clock never goes back")
    return here.show(moved)


def _jump(tx: Tx, to: datetime, hold: bool, accounts: Accounts) -> World | None:
    moved = move_clock(tx, to, hold)
    if moved is not None:
        release_slips(tx, accounts)
    return moved


@router.get("/quiescence")
async def quiescence(here: Here) -> dict[str, Any]:
    found, next_due = await here.store.run(_quiet)
    return {
        "service": "cpam-simulator",
        "boot": here.boot,
        "tick": found.tick,
        "outbox": 0,
        "lag": 0,
        "due": here.late,
        "next_due": None if next_due is None else utc_text(next_due),
        "activity": found.activity,
        "reasons": [f"{here.late} late filings on their way"] if here.late else [],
    }


def _quiet(tx: Tx) -> tuple[World, datetime | None]:
    found = world.get(tx)
    planned = (answers.next_due(tx, found.acted_to), slips.next_due(tx, found.acted_to))
    return found, min((at for at in planned if at is not None), default=None)
