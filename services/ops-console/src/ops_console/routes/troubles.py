"""What goes wrong in a page is told as a page, in French, without a word of its cause."""

import structlog
from chassis.errors import Unavailable
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from ops_console.routes.rendering import Renderer

log = structlog.get_logger()


def tell_troubles(app: FastAPI, renderer: Renderer) -> None:
    @app.exception_handler(HTTPException)
    async def http(request: Request, raised: HTTPException) -> Response:
        if raised.status_code == 404:
            return renderer.trouble(404, "Page inconnue", "Revenez aux alertes ou aux dossiers.")
        return renderer.trouble(raised.status_code, "Demande refusée", "Revenez aux alertes.")

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, raised: RequestValidationError) -> Response:
        return renderer.trouble(
            404,
            "Adresse incomprise",
            "Cette adresse n'a pas la forme attendue : cherchez la "
            "déclaration dans la liste des dossiers.",
        )

    @app.exception_handler(Unavailable)
    async def away(request: Request, raised: Unavailable) -> Response:
        return renderer.trouble(503, "Indisponible", "Réessayez dans un instant.")

    @app.exception_handler(Exception)
    async def bug(request: Request, raised: Exception) -> Response:
        log.error("unexpected", exc_info=raised)
        return renderer.trouble(
            500, "Erreur de la console", "Réessayez ; si l'erreur persiste, relevez l'heure."
        )
