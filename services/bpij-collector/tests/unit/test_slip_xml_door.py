"""No document does more than be refused: no file, no socket, no time, no memory, no word of it."""

import time

import pytest
from bpij_collector.partner import xml_door
from bpij_collector.partner.xml_door import parse_xml
from chassis.errors import Refused

BOMB = b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;">]><BPIJ>&c;</BPIJ>"""

ATTACKS = {
    "external entity": (
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
        "xml-doctype",
    ),
    "network entity": (b'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><x/>', "xml-doctype"),
    "parameter entity": (b'<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///x">%p;]><x/>', "xml-doctype"),
    "bare doctype": (b"<!DOCTYPE BPIJ><BPIJ/>", "xml-doctype"),
    "billion laughs": (BOMB, "xml-doctype"),
    "undeclared entity": (b"<x>&e;</x>", "xml-unreadable"),
    "utf-16 doctype": (
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x><x/>'.encode("utf-16"),
        "xml-encoding",
    ),
    "utf-16 without mark": ("<!DOCTYPE x><x/>".encode("utf-16-le"), "xml-encoding"),
    "utf-7": (b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE x+AD4-<x/>', "xml-encoding"),
    "utf-7 after a mark": (
        b'\xef\xbb\xbf<?xml version="1.0" encoding="UTF-7"?><x/>',
        "xml-encoding",
    ),
    "utf-7 far away": (
        b'<?xml version="1.0"' + b" " * 300 + b'encoding="UTF-7"?>+ADwAIQ-DOCTYPE x+AD4-<x/>',
        "xml-encoding",
    ),
    "odd encoding": (b'<?xml version="1.0" encoding="x/../y"?><x/>', "xml-encoding"),
    "ebcdic untold": ("<?xml version='1.0'?><!DOCTYPE x><x/>".encode("cp037"), "xml-unreadable"),
    "ebcdic": (b'<?xml version="1.0" encoding="cp037"?><x/>', "xml-encoding"),
    "nul": (b"<x>\0</x>", "xml-encoding"),
    "deep": (b"<x>" * 5000 + b"</x>" * 5000, "xml-unreadable"),
    "wide attributes": (
        b"<x " + b" ".join(b'a%d="1"' % n for n in range(200_000)) + b"/>",
        "xml-tag-too-long",
    ),
    "many nodes": (b"<x>" + b"<a/>" * 4_000_001 + b"</x>", "xml-too-large"),
    "huge text": (b"<x>" + b"y" * 11_000_000 + b"</x>", "xml-unreadable"),
    "huge file": (b" " * (xml_door.MAX_BYTES + 1), "xml-too-large"),
    "empty": (b"", "xml-unreadable"),
    "not xml": (b"hello", "xml-unreadable"),
    "two roots": (b"<x/><y/>", "xml-unreadable"),
    "wrong bytes": (b"<x>\xff\xfe\xfd</x>", "xml-unreadable"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_is_refused_at_once_and_without_a_word_of_it(name: str) -> None:
    content, code = ATTACKS[name]
    started = time.perf_counter()
    with pytest.raises(Refused) as refused:
        parse_xml(content)
    assert time.perf_counter() - started < 0.5
    assert refused.value.code == code
    assert str(refused.value) == code
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_xinclude_and_schema_location_are_only_elements_and_attributes() -> None:
    read = parse_xml(
        b'<x xmlns:xi="http://www.w3.org/2001/XInclude" xmlns:s="http://www.w3.org/2001/XMLSchema-instance"'
        b' s:schemaLocation="a http://127.0.0.1:1/a.xsd"><xi:include href="file:///etc/passwd"/></x>'
    )
    assert len(read) == 1
    assert not "".join(str(text) for text in read.itertext()).strip()


def test_comment_does_not_split_a_value() -> None:
    assert parse_xml(b"<x>12<!-- no -->34</x>").text == "1234"


def test_latin_1_is_read() -> None:
    content = '<?xml version="1.0" encoding="ISO-8859-1"?><x>Lefèvre</x>'.encode("latin-1")
    assert parse_xml(content).text == "Lefèvre"
