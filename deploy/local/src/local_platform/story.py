"""The story's files: what an HRIS sends on which day, and what the CPAM will answer and pay.

One file of `deploy/local/demo/` is one scenario; its name is the scenario's. Instants are business
time, with their offset.
"""

from pathlib import Path
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from local_platform.failure import PlatformFailed
from local_platform.places import LOCAL

STORIES = LOCAL / "demo"


class Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    at: AwareDatetime
    does: Literal["declare", "revise"]
    idempotency_key: str
    body: dict[str, Any]
    same: bool = False
    """Sent again: the answer must name the declaration that exists already."""
    refused: bool = False


class Story(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    sees: str
    """What the reader of the final table should find there, in French."""
    client: str
    requests: tuple[Request, ...]
    cpam: dict[str, Any] | None = None
    """The simulator's script, but for its name."""

    @property
    def refused(self) -> bool:
        return all(request.refused for request in self.requests)


def read_stories(folder: Path = STORIES, only: tuple[str, ...] = ()) -> list[Story]:
    """`only` keeps the scenarios whose names begin so (`01`, `12`)."""
    stories = [
        Story.model_validate_json(_named(file))
        for file in sorted(folder.glob("*.json"))
        if not only or file.name.startswith(only)
    ]
    if not stories:
        raise PlatformFailed(f"no story in {folder}")
    return stories


def _named(file: Path) -> str:
    return f'{{"name": "{file.stem}", {file.read_text("utf-8").lstrip()[1:]}'
