"""Turns page models into HTML: whole pages, and their live part alone when the browser asks again.

The live part carries a fingerprint of what it shows; the same fingerprint sent back means that
nothing has changed, and the answer is empty. So an open page moves only when there is news.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import jinja2
from chassis.clock import Clock, VirtualClock
from fastapi import Response
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from ops_console.domain import french, labels
from ops_console.partner.upstream import Away

_FILTERS = (
    french.day,
    french.short_day,
    french.weekday,
    french.instant,
    french.due,
    french.clock_time,
    french.paris_day,
    french.late,
    french.since,
    french.euros,
    french.siret,
    french.short_id,
    french.number,
    french.count,
)


@dataclass(frozen=True, slots=True)
class Page:
    """`template` shows `model` as `page`; `key` is its place in the navigation."""

    key: str
    title: str
    template: str
    address: str
    query: Mapping[str, str | None]
    model: object


class Renderer:
    def __init__(self, clock: Clock, employers: Mapping[str, str], refresh_seconds: int) -> None:
        self._clock = clock
        self._refresh_seconds = refresh_seconds
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("ops_console"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {each.__name__: each for each in _FILTERS}
        self._templates.tests["away"] = lambda part: isinstance(part, Away)
        self._templates.globals |= {
            "employers": employers,
            "label": labels.label,
            "days": french.days,
            "case_states": labels.CASE_STATES,
            "alert_filters": labels.ALERT_FILTERS,
            "mail_states": labels.MAIL_STATES,
            "conditions": labels.CONDITIONS,
            "checks": labels.CHECKS,
            "resolutions": labels.RESOLUTIONS,
            "awaited": labels.AWAITED,
            "risks": labels.RISKS,
            "services": labels.SERVICES,
            "away_reasons": labels.AWAY,
            "unknown_reasons": labels.UNKNOWN_REASONS,
        }

    def page(self, page: Page) -> Response:
        live, _ = self._live(page)
        return self._whole(page.key, page.title, live=live)

    def fragment(self, page: Page, seen: str | None) -> Response:
        """204 when the browser shows this already."""
        live, mark = self._live(page)
        return Response(status_code=204) if seen == mark else HTMLResponse(live)

    def trouble(self, status: int, title: str, advice: str) -> Response:
        content = self._templates.get_template("trouble.html").render(title=title, advice=advice)
        # Markup: rendered a line above, by a template that escapes.
        return self._whole("", title, live=Markup(content), status=status)  # noqa: S704

    def _whole(self, key: str, title: str, *, live: Markup, status: int = 200) -> Response:
        html = self._templates.get_template("page.html").render(
            page=key,
            title=title,
            live=live,
            now=self._now(),
            simulated=isinstance(self._clock, VirtualClock),
        )
        return HTMLResponse(html, status_code=status)

    def _live(self, page: Page) -> tuple[Markup, str]:
        content = self._templates.get_template(page.template).render(page=page.model)
        mark = hashlib.sha256(content.encode()).hexdigest()[:16]
        query = {name: value for name, value in page.query.items() if value}
        live = self._templates.get_template("live.html").render(
            content=Markup(content),  # noqa: S704 (rendered two lines above, escaped)
            address=f"{page.address}?{urlencode({**query, 'vu': mark})}",
            seconds=self._refresh_seconds,
        )
        return Markup(live), mark  # noqa: S704 (rendered a line above, escaped)

    def _now(self) -> Any:
        now: datetime = self._clock.now()
        return french.paris_day(now)
