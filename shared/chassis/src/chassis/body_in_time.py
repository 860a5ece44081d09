"""A request's body comes whole within a time, or not at all: one sent byte by byte for an hour
would hold its connection for as long.
"""

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyInTime:
    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app, self._seconds = app, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        end: float | None = None
        whole = False

        async def in_time() -> Message:
            """After the body there is only the client's going away to wait for, however long."""
            nonlocal end, whole
            if whole:
                return await receive()
            end = end or asyncio.get_running_loop().time() + self._seconds
            try:
                async with asyncio.timeout_at(end):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408) from None
            whole = not message.get("more_body", False)
            return message

        await self._app(scope, in_time, send)
