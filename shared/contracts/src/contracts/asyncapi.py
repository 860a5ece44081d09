"""The AsyncAPI 3.0 document of the platform: its topics, who sends and who receives what.

Made from the registry and the event models alone. `python -m contracts.asyncapi FOLDER` writes
`asyncapi.json` into it; a test compares.
"""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from contracts.envelope import CONTENT_TYPE, Event
from contracts.events import EVENTS, EventData
from contracts.topics import TOPICS, Topic

FILE = "asyncapi.json"
_BINDING = "0.5.0"
_COMPONENT = "#/components/schemas/{model}"


def document() -> dict[str, Any]:
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Jonction",
            "version": "1",
            "description": "The facts that the services of Jonction tell each other. One key is "
            "one stream; within a stream `version` counts 1, 2, 3 without holes; between streams "
            "there is no order. Readers ignore types and fields that they do not know.",
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": _operations(),
        "components": {"messages": _messages(), "schemas": _schemas()},
    }


def _channel(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "messages": {
            _name(model): {"$ref": f"#/components/messages/{_name(model)}"}
            for model in EVENTS
            if model.topic == topic.name
        },
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {"retention.ms": -1},
                "bindingVersion": _BINDING,
            }
        },
    }


def _operations() -> dict[str, Any]:
    """One for each arrow: AsyncAPI has one application in mind, the name says which is meant."""
    arrows = [
        (f"{service}-{verb}-{topic.name}", action, service, topic.name)
        for topic in TOPICS
        for verb, action, services in (
            ("writes", "send", topic.writers),
            ("reads", "receive", topic.readers),
        )
        for service in services
    ]
    return {
        name: {
            "action": action,
            "channel": {"$ref": f"#/channels/{topic}"},
            "tags": [{"name": service}],
        }
        for name, action, service, topic in arrows
    }


def _messages() -> dict[str, Any]:
    return {_name(model): _message(model) for model in EVENTS}


def _message(model: type[EventData]) -> dict[str, Any]:
    own = {
        "type": "object",
        "properties": {
            "type": {"const": model.type},
            "dataschema": {"const": f"urn:jonction:schema:{model.type}"},
            "data": {"$ref": _COMPONENT.format(model=model.__name__)},
        },
    }
    envelope = {"$ref": _COMPONENT.format(model=Event.__name__)}
    return {
        "name": model.type,
        "title": model.__name__,
        "contentType": CONTENT_TYPE,
        "payload": {"allOf": [envelope, own]},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "format": "uuid", "description": "the stream"},
                "bindingVersion": _BINDING,
            }
        },
    }


def _schemas() -> dict[str, Any]:
    models: tuple[type[BaseModel], ...] = (Event, *EVENTS)
    _, found = models_json_schema(
        [(model, "serialization") for model in models], ref_template=_COMPONENT
    )
    schemas: dict[str, Any] = found["$defs"]
    return schemas


def _name(model: type[EventData]) -> str:
    return model.type.removeprefix("fr.jonction.")


def written() -> str:
    return json.dumps(document(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(written(), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
