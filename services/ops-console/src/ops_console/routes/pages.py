"""Door: HTTP in. The four pages, and for each the address that its live part asks again."""

from typing import Annotated
from uuid import UUID

from chassis.clock import Clock
from fastapi import APIRouter, Query, Request, Response

from ops_console.flows.show_alerts import show_alerts
from ops_console.flows.show_case import show_case
from ops_console.flows.show_cases import show_cases
from ops_console.flows.show_health import show_health
from ops_console.partner.services import Services
from ops_console.partner.upstream import Away
from ops_console.routes.rendering import Page, Renderer

router = APIRouter(include_in_schema=False)

Nature = Annotated[str | None, Query(alias="nature", pattern="^[a-z-]{1,40}$")]
State = Annotated[str | None, Query(alias="etat", pattern="^[a-z-]{0,40}$")]
Search = Annotated[str | None, Query(alias="declaration", max_length=60)]
Cursor = Annotated[str | None, Query(alias="suite", pattern="^[A-Za-z0-9_=-]{1,200}$")]
Seen = Annotated[str | None, Query(alias="vu", pattern="^[0-9a-f]{16}$")]


@router.get("/")
async def alerts(request: Request, nature: Nature = None) -> Response:
    return _renderer(request).page(await _alerts(request, nature))


@router.get("/fragments/alertes")
async def alerts_again(request: Request, nature: Nature = None, seen: Seen = None) -> Response:
    return _renderer(request).fragment(await _alerts(request, nature), seen)


@router.get("/dossiers")
async def cases(
    request: Request, state: State = None, search: Search = None, cursor: Cursor = None
) -> Response:
    return _renderer(request).page(await _cases(request, state, search, cursor))


@router.get("/fragments/dossiers")
async def cases_again(
    request: Request,
    *,
    state: State = None,
    search: Search = None,
    cursor: Cursor = None,
    seen: Seen = None,
) -> Response:
    return _renderer(request).fragment(await _cases(request, state, search, cursor), seen)


@router.get("/dossiers/{case_id}")
async def case(request: Request, case_id: UUID) -> Response:
    page = await _case(request, case_id)
    if page is None:
        return _renderer(request).trouble(
            404, "Dossier inconnu", "Vérifiez l'adresse, ou cherchez la déclaration dans la liste."
        )
    return _renderer(request).page(page)


@router.get("/fragments/dossiers/{case_id}")
async def case_again(request: Request, case_id: UUID, seen: Seen = None) -> Response:
    page = await _case(request, case_id)
    return Response(status_code=204) if page is None else _renderer(request).fragment(page, seen)


@router.get("/etat")
async def health(request: Request) -> Response:
    return _renderer(request).page(await _health(request))


@router.get("/fragments/etat")
async def health_again(request: Request, seen: Seen = None) -> Response:
    return _renderer(request).fragment(await _health(request), seen)


async def _alerts(request: Request, nature: str | None) -> Page:
    clock: Clock = request.app.state.clock
    model = await show_alerts(_services(request).notifier, clock.now(), nature)
    return Page(
        "alertes", "Alertes", "alerts.html", "/fragments/alertes", {"nature": nature}, model
    )


async def _cases(
    request: Request, state: str | None, search: str | None, cursor: str | None
) -> Page:
    model = await show_cases(
        _services(request).matcher, state=state or None, searched=search, cursor=cursor
    )
    query = {"etat": state, "declaration": search, "suite": cursor}
    return Page("dossiers", "Dossiers", "cases.html", "/fragments/dossiers", query, model)


async def _case(request: Request, case_id: UUID) -> Page | None:
    clock: Clock = request.app.state.clock
    services = _services(request)
    model = await show_case(
        case_id,
        matcher=services.matcher,
        adapter=services.adapter,
        notifier=services.notifier,
        now=clock.now(),
    )
    if model is None:
        return None
    template = "case_away.html" if isinstance(model, Away) else "case.html"
    return Page("dossiers", "Dossier", template, f"/fragments/dossiers/{case_id}", {}, model)


async def _health(request: Request) -> Page:
    services = _services(request)
    model = await show_health(
        services.all,
        collector=services.collector,
        adapter=services.adapter,
        matcher=services.matcher,
    )
    return Page("etat", "État", "health.html", "/fragments/etat", {}, model)


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def _renderer(request: Request) -> Renderer:
    renderer: Renderer = request.app.state.renderer
    return renderer
