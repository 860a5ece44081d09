"""W3: only we can make a cursor, for one reader, of one epoch, up to what has been given out."""

import pytest
from chassis.errors import Refused
from event_feed.domain import cursor
from event_feed.domain.cursor import Place

KEY = bytes(range(32))
PLACE = Place(epoch=1, position=41)


def code_of(given: str, reader: str = "aurore", key: bytes = KEY) -> str:
    with pytest.raises(Refused) as refused:
        cursor.decode(key, reader, given)
    return refused.value.code


def test_cursor_comes_back_as_the_place_it_was_made_of() -> None:
    for place in (PLACE, Place(1, 0), Place(2**32 - 1, 2**63)):
        assert cursor.decode(KEY, "aurore", cursor.encode(KEY, "aurore", place)) == place


def test_cursor_of_another_reader_or_another_key_is_refused() -> None:
    made = cursor.encode(KEY, "aurore", PLACE)
    assert code_of(made, reader="delorme") == "cursor-unknown"
    assert code_of(made, key=bytes(32)) == "cursor-unknown"


def test_every_changed_character_is_refused() -> None:
    made = cursor.encode(KEY, "aurore", PLACE)
    for place in range(len(made)):
        for other in "A0_z":
            if made[place] != other:
                assert code_of(made[:place] + other + made[place + 1 :]) == "cursor-unknown"


@pytest.mark.parametrize(
    "made_up", ["", "1.", "42", "1.AAAA", "=" * 40, "é", "1." + "A" * 38, "\0"]
)
def test_made_up_cursor_is_refused(made_up: str) -> None:
    assert code_of(made_up) == "cursor-unknown"


def test_longer_cursor_with_a_right_beginning_is_refused() -> None:
    assert code_of(cursor.encode(KEY, "aurore", PLACE) + "AAAA") == "cursor-unknown"


def test_position_not_yet_given_out_is_refused() -> None:
    cursor.check(PLACE, epoch=1, last=41)
    with pytest.raises(Refused, match="cursor-ahead"):
        cursor.check(PLACE, epoch=1, last=40)


def test_cursor_of_before_a_restore_is_refused() -> None:
    with pytest.raises(Refused, match="cursor-outdated"):
        cursor.check(PLACE, epoch=2, last=100)
