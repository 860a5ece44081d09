"""The list of cases, newest first, by state or by declaration."""

from dataclasses import dataclass
from uuid import UUID

from ops_console.partner.matcher import Matcher
from ops_console.partner.matcher_words import Cases
from ops_console.partner.upstream import Away


@dataclass(frozen=True, slots=True)
class CasesPage:
    """`searched` is what was typed; `understood` False = it is not an id."""

    cases: Cases | Away
    state: str | None
    searched: str | None
    understood: bool
    cursor: str | None


async def show_cases(
    matcher: Matcher, *, state: str | None, searched: str | None, cursor: str | None
) -> CasesPage:
    declaration_id = _identity(searched) if searched else None
    understood = declaration_id is not None or not searched
    if not understood:
        return CasesPage(Cases(items=[], next=None), state, searched, understood, cursor)
    found = await matcher.cases(state=state, declaration_id=declaration_id, cursor=cursor)
    return CasesPage(found, state, searched, understood, cursor)


def _identity(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None
