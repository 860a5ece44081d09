"""Sealed fields open at their own place and nowhere else; references are keyed and per tenant."""

from pathlib import Path
from uuid import UUID, uuid4

import pytest
from chassis.sealing import PersonRefs, Sealer, Unsealable
from contracts.sealed import SealedField
from pydantic import TypeAdapter

STREAM = UUID("0193a9ae-0000-7000-8000-000000000001")
PLACE = {"tenant": "one", "topic": "declarations.v1", "stream": STREAM, "field": "person"}


async def test_what_was_sealed_opens_at_its_place(sealer: Sealer) -> None:
    sealed = await sealer.seal("Élodie", **PLACE)
    TypeAdapter(SealedField).validate_python(sealed)
    assert "lodie" not in sealed
    assert await sealer.open(sealed, **PLACE) == "Élodie"


@pytest.mark.parametrize(
    "moved", [{"tenant": "two"}, {"topic": "cases.v1"}, {"stream": uuid4()}, {"field": "pay"}]
)
async def test_a_sealed_field_moved_elsewhere_does_not_open(
    sealer: Sealer, moved: dict[str, object]
) -> None:
    sealed = await sealer.seal("x", **PLACE)
    with pytest.raises(Unsealable):
        await sealer.open(sealed, **(PLACE | moved))


@pytest.mark.parametrize("altered", ["k1.AAAA", "k9.AAAAAAAAAAAAAAAAAAAAAAAA", "", "no point"])
async def test_a_damaged_text_does_not_open(sealer: Sealer, altered: str) -> None:
    with pytest.raises(Unsealable):
        await sealer.open(altered, **PLACE)


async def test_bytes_kept_as_proof_come_back_the_same(sealer: Sealer) -> None:
    raw = bytes(range(256))
    assert await sealer.open_bytes(await sealer.seal_bytes(raw, **PLACE), **PLACE) == raw


async def test_a_new_first_key_seals_and_the_old_one_still_opens(tmp_path: Path) -> None:
    (tmp_path / "data.key").write_text(f"old {'11' * 32}\n")
    sealed = await Sealer(tmp_path).seal("x", **PLACE)
    (tmp_path / "data.key").write_text(f"new {'22' * 32}\nold {'11' * 32}\n")
    turned = Sealer(tmp_path)
    assert await turned.open(sealed, **PLACE) == "x"
    assert (await turned.seal("x", **PLACE)).startswith("new.")


def test_a_person_has_one_reference_per_tenant(person_refs: PersonRefs) -> None:
    one = person_refs.person_ref("one", "2840775123456")
    assert one == person_refs.person_ref("one", "2840775123456")
    assert one != person_refs.person_ref("two", "2840775123456")
    assert len(one) == 64
