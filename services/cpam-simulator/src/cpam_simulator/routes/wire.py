"""Carries out a `Wire` on the socket: waits, silence, resets, cuts.

ASGI has no word for dropping a connection, so the transport is taken from the server's own request
object (uvicorn's cycle, bound to `send`); `HostileApp` puts it into the scope before anything wraps
it.
"""

import asyncio
import contextlib
import socket
import struct

from fastapi import FastAPI
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from cpam_simulator.contract.spoil_bytes import Wire

_TRANSPORT = "cpam_simulator.transport"
_RESET = struct.pack("ii", 1, 0)


class HostileApp(FastAPI):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        cycle = getattr(send, "__self__", None)
        scope[_TRANSPORT] = getattr(cycle, "transport", None)
        await super().__call__(scope, receive, send)


class WireResponse(Response):
    def __init__(self, wire: Wire) -> None:
        super().__init__(status_code=wire.status)
        self._wire = wire

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._wire.wait:
            await self._pause(receive)
        match self._wire.ending:
            case "answer":
                await self._start(send)
                await send({"type": "http.response.body", "body": self._wire.body})
            case "cut":
                await self._start(send)
                half = self._wire.body[: len(self._wire.body) // 2]
                await send({"type": "http.response.body", "body": half, "more_body": True})
                await _drop(scope, receive, reset=False)
            case "close":
                await _drop(scope, receive, reset=False)
            case "hold" | "reset":
                await _drop(scope, receive, reset=True)

    async def _pause(self, receive: Receive) -> None:
        """For the whole time, unless the caller hangs up before."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(_wait_for_disconnect(receive), self._wire.wait)

    async def _start(self, send: Send) -> None:
        headers = [
            (b"content-type", self._wire.content_type.encode()),
            (b"content-length", str(len(self._wire.body)).encode()),
        ]
        if self._wire.retry_after is not None:
            headers.append((b"retry-after", str(self._wire.retry_after).encode()))
        if self._wire.status == 401:
            headers.append((b"www-authenticate", b'Basic realm="cpam"'))
        await send({"type": "http.response.start", "status": self._wire.status, "headers": headers})


async def _drop(scope: Scope, receive: Receive, *, reset: bool) -> None:
    transport = scope.get(_TRANSPORT)
    if transport is None:
        raise RuntimeError("this server does not expose its transport; run under uvicorn")
    if reset:
        own = transport.get_extra_info("socket")
        if own is not None:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        transport.abort()
    else:
        transport.close()
    # The server notes the loss in its own time; leaving before would make it log a missing answer.
    await _wait_for_disconnect(receive)


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
