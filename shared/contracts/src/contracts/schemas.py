"""The JSON Schema of every event, written out beside the code: its diff is the review of a
contract.

`python -m contracts.schemas FOLDER` writes them; a test compares.
"""

import json
import sys
from pathlib import Path
from typing import Any

from contracts.events import EVENTS, EventData


def schema_of(model: type[EventData]) -> dict[str, Any]:
    schema = model.model_json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:jonction:schema:{model.type}",
        "x-topic": model.topic,
        **schema,
    }


def written() -> dict[str, str]:
    """File name to content."""
    return {
        f"{model.type.removeprefix('fr.jonction.')}.json": json.dumps(
            schema_of(model), indent=2, ensure_ascii=False, sort_keys=True
        )
        + "\n"
        for model in EVENTS
    }


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    for name, content in written().items():
        (folder / name).write_text(content, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
