"""Door of whoever directs the play: scripts, faults, mode, reset, and the ledger. No
authentication.
"""

from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from cpam_simulator.domain.capability import Mode
from cpam_simulator.domain.fault import FaultRule
from cpam_simulator.domain.instant import utc_text
from cpam_simulator.domain.script import Script
from cpam_simulator.flows.release_slips import release_slips
from cpam_simulator.flows.take_scripts import UnknownAccount, take_scripts
from cpam_simulator.routes.access import Here
from cpam_simulator.store import faults, ledger, world
from cpam_simulator.store.database import Tx

router = APIRouter()


class Reset(BaseModel):
    model_config = ConfigDict(extra="forbid")
    now: AwareDatetime | None = None
    universe: str | None = Field(default=None, pattern=r"^[0-9A-Z]{1,8}$")


class ModeChoice(BaseModel):
    model_config = ConfigDict(extra="forbid")
    mode: Mode


@router.post("/control/reset")
async def reset(here: Here, asked: Reset | None = None) -> dict[str, Any]:
    asked = asked or Reset()
    found = await here.store.run(world.reset, asked.now or here.start_at, asked.universe)
    return {**here.show(found), "universe": found.universe}


@router.post("/control/mode")
async def choose_mode(here: Here, asked: ModeChoice) -> dict[str, Any]:
    await here.store.run(world.set_mode, asked.mode)
    return {"mode": asked.mode}


@router.post("/control/scripts")
async def put_scripts(here: Here, given: list[Script]) -> dict[str, Any]:
    def act(tx: Tx) -> None:
        take_scripts(tx, given, here.accounts)
        release_slips(tx, here.accounts)

    try:
        await here.store.run(act)
    except UnknownAccount as unknown:
        raise HTTPException(422, f"unknown account in script {unknown}") from None
    return {"scripts": len(given)}


@router.post("/control/faults")
async def put_faults(here: Here, given: FaultRule | list[FaultRule]) -> dict[str, Any]:
    rules = given if isinstance(given, list) else [given]

    def act(tx: Tx) -> list[int]:
        return [faults.add(tx, rule) for rule in rules]

    return {"ids": await here.store.run(act)}


@router.get("/control/faults")
async def list_faults(here: Here) -> list[dict[str, Any]]:
    return await here.store.run(faults.list_all)


@router.delete("/control/faults", status_code=204)
async def clear_faults(here: Here) -> None:
    await here.store.run(faults.clear)


@router.get("/control/ledger")
async def read_ledger(here: Here, control_number: str | None = None) -> dict[str, Any]:
    found = await here.store.run(world.get)
    told = await here.store.run(ledger.read_ledger, control_number)
    return {"now": utc_text(found.now), "tick": found.tick, "mode": found.mode, **told}
