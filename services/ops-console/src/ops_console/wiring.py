"""Everything the console is made of. It has no database: what it shows, it asks for."""

from pathlib import Path

from chassis.app import create_app
from chassis.clock import Clock, open_clock
from chassis.directory import Directory
from chassis.problems import Catalogue
from chassis.process import Parts
from chassis.quiet import Quiescence
from contracts import topics
from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from ops_console.partner.services import Services, reach
from ops_console.routes.pages import router
from ops_console.routes.rendering import Renderer
from ops_console.routes.security import secured
from ops_console.routes.troubles import tell_troubles
from ops_console.settings import Settings

NAME = "ops-console"
_STATIC = Path(__file__).with_name("static")


def build(settings: Settings) -> Parts:
    clock = open_clock(settings.clock)
    services = reach(
        {
            topics.GATEWAY: settings.gateway_url,
            topics.ADAPTER: settings.adapter_url,
            topics.COLLECTOR: settings.collector_url,
            topics.MATCHER: settings.matcher_url,
            topics.FEED: settings.feed_url,
            topics.NOTIFIER: settings.notifier_url,
        },
        client_id=settings.client_id,
        secret=settings.client_secret,
    )
    directory = Directory.load(settings.directory)
    app = front(clock, services, directory, refresh_seconds=settings.refresh_seconds)
    return Parts(app, clock, closers=[services.close])


def front(
    clock: Clock, services: Services, directory: Directory, *, refresh_seconds: int
) -> FastAPI:
    employers = {
        siret.value: tenant.name for tenant in directory.tenants for siret in tenant.sirets
    }
    renderer = Renderer(clock, employers, refresh_seconds)
    app = create_app(
        NAME,
        production=False,
        routers=[router],
        problems=Catalogue.load(),
        readiness={},
        quiescence=Quiescence(NAME, clock, []),
        clock=clock,
        services=services,
        renderer=renderer,
    )
    app.add_middleware(secured)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    tell_troubles(app, renderer)
    return app
