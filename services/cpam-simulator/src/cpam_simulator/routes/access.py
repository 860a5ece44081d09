"""What the doors reach for, and the Basic auth of the partner side: the account, or 401 unread."""

import asyncio
import base64
import binascii
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any
from uuid import uuid4

from fastapi import Depends, HTTPException, Request

from cpam_simulator.domain.account import Account, Accounts
from cpam_simulator.domain.instant import utc_text
from cpam_simulator.store.database import Store
from cpam_simulator.store.world import World

_CLOCK_SECONDS = 1.0


@dataclass(slots=True)
class Simulator:
    """`clock` is what `GET /clock` says, kept here because the whole platform waits for its jumps.
    `late` counts filings that will still be committed although their caller may have gone.
    """

    store: Store
    accounts: Accounts
    start_at: datetime
    boot: str = field(default_factory=lambda: str(uuid4()))
    clock: dict[str, Any] = field(default_factory=dict)
    late: int = 0
    _moved: asyncio.Event = field(default_factory=asyncio.Event)

    def show(self, here: World) -> dict[str, Any]:
        """To be called with the world after each change of its time."""
        self.clock = {"now": utc_text(here.now), "tick": here.tick}
        self._moved.set()
        self._moved = asyncio.Event()
        return self.clock

    async def clock_after(self, tick: int | None) -> dict[str, Any]:
        """The clock once it is no longer at this tick, or after a second as it stands."""
        if self.clock["tick"] == tick:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._moved.wait(), _CLOCK_SECONDS)
        return self.clock

    @contextlib.contextmanager
    def one_late(self) -> Iterator[None]:
        self.late += 1
        try:
            yield
        finally:
            self.late -= 1


def _simulator(request: Request) -> Simulator:
    simulator: Simulator = request.app.state.simulator
    return simulator


Here = Annotated[Simulator, Depends(_simulator)]


def _account(request: Request, here: Here) -> Account:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, password = base64.b64decode(given, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            name = password = ""
        account = here.accounts.check(name, password)
        if account is not None:
            return account
    raise HTTPException(
        401, "Compte ou mot de passe inconnu", headers={"WWW-Authenticate": 'Basic realm="cpam"'}
    )


CpamAccount = Annotated[Account, Depends(_account)]
