"""The HTTP application of the simulator: its doors, probes, and errors that quote nothing."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse

from cpam_simulator.routes import clock, control, slips, soap
from cpam_simulator.routes.access import Simulator
from cpam_simulator.routes.wire import HostileApp
from cpam_simulator.store import world


def build_app(simulator: Simulator) -> FastAPI:
    @contextlib.asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        await simulator.store.open()
        simulator.show(await simulator.store.run(world.begin_world, simulator.start_at))
        yield
        await simulator.store.close()

    app = HostileApp(
        title="CPAM simulée", version="1", redoc_url=None, lifespan=life, telemetry={"logs": False}
    )
    app.state.simulator = simulator
    for door in (soap, slips, clock, control):
        app.include_router(door.router)
    _add_probes(app, simulator)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, raised: RequestValidationError) -> JSONResponse:
        # The default answer quotes what was sent, and a script holds a NIR.
        told = [{"loc": error["loc"], "msg": error["msg"]} for error in raised.errors()]
        return JSONResponse({"detail": told}, 422)

    return app


def _add_probes(app: FastAPI, simulator: Simulator) -> None:
    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    @app.get("/ready")
    async def ready() -> dict[str, Any]:
        await simulator.store.run(world.get)
        return {"ready": True, "reasons": {}}
