"""What each kind of reader sees, field by field, as reviewed: `fields.snapshot.json`."""

import json
from pathlib import Path

import pytest
from contracts.events import BY_TYPE
from contracts.topics import FEED, read_by
from event_feed.domain.catalogue import describe
from event_feed.domain.visibility import NEVER, OPENED, ReaderKind, Visibility
from jsonschema import Draft202012Validator

SNAPSHOT = Path(__file__).with_name("fields.snapshot.json")
KINDS: tuple[ReaderKind, ...] = ("insurer", "hris")


def test_fields_by_kind_of_reader_are_the_reviewed_ones(visibility: Visibility) -> None:
    found = {
        kind: {type: list(visibility.fields[kind, type]) for type in visibility.types(kind)}
        for kind in KINDS
    }
    assert found == json.loads(SNAPSHOT.read_text("utf-8"))


def test_every_event_of_the_topics_read_is_decided_for_the_hris(visibility: Visibility) -> None:
    read = {topic.name for topic in read_by(FEED)}
    types = {type for type, model in BY_TYPE.items() if model.topic in read}
    assert set(visibility.types("hris")) == types
    assert set(visibility.types("insurer")) < types


def test_every_listed_field_is_one_of_the_event(visibility: Visibility) -> None:
    for (_, type), fields in visibility.fields.items():
        assert set(fields) <= set(BY_TYPE[type].model_fields), type


def test_bank_reference_and_account_are_for_nobody(visibility: Visibility) -> None:
    assert {"bank", "person_ref", "account"} == NEVER
    assert not any(NEVER.intersection(fields) for fields in visibility.fields.values())


def test_list_that_shows_the_bank_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "fields.toml"
    wrong.write_text('[[group]]\ntypes = ["x"]\ninsurer = ["siret", "bank"]\n')
    with pytest.raises(ValueError, match="no reader may see"):
        Visibility.load(wrong)


def test_catalogue_has_a_valid_schema_of_exactly_the_visible_fields(visibility: Visibility) -> None:
    for kind in KINDS:
        described = describe(visibility, kind)
        assert [type for type, _ in described] == visibility.types(kind)
        for type, schema in described:
            Draft202012Validator.check_schema(schema)
            assert tuple(schema["properties"]) == visibility.fields[kind, type]


def test_catalogue_describes_the_person_opened(visibility: Visibility) -> None:
    schema = dict(describe(visibility, "insurer"))["fr.jonction.declaration.submitted"]
    person = {"person": {"nir": "1850475112042", "family_name": "L", "given_names": "C"}}
    validator = Draft202012Validator({**schema, "required": ["person"]})
    assert validator.is_valid(person)
    assert not validator.is_valid({"person": "k1.sealed"})
    assert set(OPENED) == {"person", "pay"}
