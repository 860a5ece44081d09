"""The AsyncAPI document is valid, committed as it is made, and says what the registry says."""

import copy
import hashlib
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from contracts import asyncapi
from contracts.events import EVENTS
from contracts.topics import TOPICS

HERE = Path(__file__).parent / "asyncapi"


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = json.loads((HERE / "3.0.0.json").read_text("utf-8"))
    return jsonschema.validators.validator_for(schema)(schema)


def test_vendored_schema_is_the_one_that_its_note_names() -> None:
    digest = hashlib.sha256((HERE / "3.0.0.json").read_bytes()).hexdigest()
    assert digest in (HERE / "README.md").read_text()


def test_committed_document_is_the_one_that_the_code_makes(root: Path) -> None:
    committed = (root / "docs/reference" / asyncapi.FILE).read_text("utf-8")
    assert committed == asyncapi.written(), "run `make schemas` and commit what it writes"


def test_document_is_valid_asyncapi(validator: Any) -> None:
    assert [error.message for error in validator.iter_errors(asyncapi.document())] == []


def test_a_misspelt_word_would_be_found(validator: Any) -> None:
    document = copy.deepcopy(asyncapi.document())
    document["channels"]["cases.v1"]["adress"] = "cases.v1"
    assert next(validator.iter_errors(document), None) is not None


def test_every_reference_leads_somewhere() -> None:
    document = asyncapi.document()
    for reference in _references(document):
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            assert step in place, reference
            place = place[step]


def test_operations_are_the_arrows_of_the_registry() -> None:
    told = {
        (
            each["tags"][0]["name"],
            each["action"],
            each["channel"]["$ref"].removeprefix("#/channels/"),
        )
        for each in asyncapi.document()["operations"].values()
    }
    arrows = {(writer, "send", topic.name) for topic in TOPICS for writer in topic.writers}
    arrows |= {(reader, "receive", topic.name) for topic in TOPICS for reader in topic.readers}
    assert told == arrows


def test_every_event_is_a_message_of_its_own_channel() -> None:
    channels = asyncapi.document()["channels"]
    told = {(name, message) for name, one in channels.items() for message in one["messages"]}
    assert told == {(model.topic, model.type.removeprefix("fr.jonction.")) for model in EVENTS}


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for each in value.values() for found in _references(each)]
    if isinstance(value, list):
        return [found for each in value for found in _references(each)]
    return []
