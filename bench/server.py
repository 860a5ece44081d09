"""One of the compared applications as a process: `python -m bench.server gateway|floor|naive`.

All three stand on the chassis' front with the token check and on the same server settings; only
what happens to the body differs. The relay is left out: none of the three sends its events on.
"""

import sys
from pathlib import Path
from typing import Annotated

import uvicorn
from chassis import logs
from chassis.access import Caller, Verifier, require
from chassis.app import create_app
from chassis.problems import Catalogue
from chassis.settings import load
from declaration_gateway import __file__ as gateway
from declaration_gateway.settings import GatewaySettings
from declaration_gateway.wiring import build
from fastapi import APIRouter, FastAPI, Request, Response

from bench.naive import naive_router

Hris = Annotated[Caller, require("hris")]


def floor_router() -> APIRouter:
    """Reads the body, validates and stores nothing."""
    router = APIRouter()

    @router.post("/v1/declarations", status_code=202)
    async def accept(request: Request, caller: Hris) -> Response:
        await request.body()
        return Response(b'{"status":"declared"}', 202, media_type="application/json")

    return router


def application(which: str, settings: GatewaySettings) -> FastAPI:
    if which == "gateway":
        return build(settings).app
    return create_app(
        "declaration-gateway",
        production=settings.mode == "production",
        routers=[floor_router() if which == "floor" else naive_router(settings)],
        problems=Catalogue.load(Path(gateway).with_name("problems.toml")),
        readiness={},
        verifier=Verifier(settings.keys, "declaration-gateway"),
    )


def main() -> None:
    settings = load(GatewaySettings)
    logs.configure(f"bench-{sys.argv[1]}", "WARNING")
    uvicorn.run(
        application(sys.argv[1], settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
    )


if __name__ == "__main__":
    main()
