"""Refusals as `application/problem+json` (RFC 9457), in French or English, never with the value.

The texts stand in `problems.toml`: the chassis' own beside this file, each service's in its
package. A code without both languages is refused when the catalogue is loaded.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi.responses import JSONResponse

from chassis.errors import FieldError, Refused

LANGUAGES = ("fr", "en")


@dataclass(frozen=True, slots=True)
class Text:
    title: str
    fix: str


@dataclass(frozen=True, slots=True)
class Entry:
    status: int
    texts: Mapping[str, Text]


@dataclass(frozen=True, slots=True)
class Catalogue:
    entries: Mapping[str, Entry]

    @classmethod
    def load(cls, *paths: Path) -> "Catalogue":
        """Later files add to earlier ones; the chassis' own texts are always there."""
        entries: dict[str, Entry] = {}
        for path in (Path(__file__).with_name("problems.toml"), *paths):
            for code, entry in tomllib.loads(path.read_text("utf-8")).items():
                entries[code] = Entry(
                    status=int(entry["status"]),
                    texts={
                        language: Text(entry[language]["title"], entry[language]["fix"])
                        for language in LANGUAGES
                    },
                )
        return cls(entries)

    def render(
        self, refused: Refused, *, language: str, request_id: str, instance: str
    ) -> JSONResponse:
        entry = self.entries[refused.code]
        text = entry.texts[language]
        status = refused.status or entry.status
        body: dict[str, Any] = {
            "type": f"urn:jonction:problem:{refused.code}",
            "title": _fill(text.title, refused.params),
            "status": status,
            "code": refused.code,
            "detail": _fill(text.fix, refused.params),
            "instance": instance,
            "request_id": request_id,
            "errors": [self._field(error, language) for error in refused.errors],
        }
        return JSONResponse(
            body,
            status_code=status,
            media_type="application/problem+json",
            headers={"Content-Language": language, "Vary": "Accept-Language", **refused.headers},
        )

    def _field(self, error: FieldError, language: str) -> dict[str, str]:
        text = self.entries[error.code].texts[language]
        return {
            "field": error.field,
            "code": error.code,
            "message": _fill(text.title, error.params),
            "fix": _fill(text.fix, error.params),
        }


def _fill(text: str, params: Mapping[str, str]) -> str:
    return text.format_map(params) if params else text


def language_of(accept_language: str | None) -> str:
    """The first of fr and en by weight; French where neither is asked for."""
    best, weight = "fr", -1.0
    for part in (accept_language or "").split(","):
        tag, _, quality = part.strip().partition(";q=")
        primary = tag.split("-")[0].lower()
        try:
            q = float(quality) if quality else 1.0
        except ValueError:
            continue
        if primary in LANGUAGES and q > weight:
            best, weight = primary, q
    return best
