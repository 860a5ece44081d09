"""The one way in for XML refuses what is not a bounded, plain, UTF-8 document, and quickly."""

import time

import pytest
from cpam_adapter.partner import xml

SOAP = xml.SOAP
NAMESPACE = f'xmlns:s="{SOAP}"'


def envelope(inside: str, prolog: str = "") -> bytes:
    return f"{prolog}<s:Envelope {NAMESPACE}><s:Body>{inside}</s:Body></s:Envelope>".encode()


BOMB = (
    '<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)
ATTACKS = {
    "empty": b"",
    "doctype alone": envelope("<x/>", "<!DOCTYPE s>"),
    "doctype with an external file": envelope("<x/>", '<!DOCTYPE s SYSTEM "file:///etc/passwd">'),
    "external entity": envelope("&e;", '<!DOCTYPE s [<!ENTITY e SYSTEM "file:///etc/passwd">]>'),
    "entities that multiply": envelope("&i;", BOMB),
    "doctype in utf-16": envelope("<x/>", "<!DOCTYPE s>").decode().encode("utf-16"),
    "declared utf-16 while utf-8": envelope("<x/>", '<?xml version="1.0" encoding="utf-16"?>'),
    "declared utf-7": envelope("<x/>", '<?xml version="1.0" encoding="UTF-7"?>'),
    "not utf-8": b"<?xml version='1.0' encoding='utf-8'?><a>\xff\xfe</a>",
    "cut": envelope("<x/>")[:-9],
    "html": b"<html><body>Bad Gateway<br></body></html>",
    "text": b"Bad Gateway",
    "too many nodes": envelope("<x/>" * 250_000),
    "too many attributes": envelope("<x " + " ".join(f'a{i}="1"' for i in range(200_000)) + "/>"),
    "too deep": envelope("<x>" * 50_000 + "</x>" * 50_000),
    "too large": envelope("<x>" + "a" * (5 * 1024 * 1024) + "</x>"),
    "undeclared prefix": envelope("<t:x/>"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_refused_in_bounded_time_and_its_content_is_not_told(attack):
    began = time.perf_counter()
    with pytest.raises(xml.Unreadable) as refused:
        xml.body_of(xml.read(ATTACKS[attack]))
    assert time.perf_counter() - began < 1.0
    assert len(str(refused.value)) < 20
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"<a/>", "no-envelope"),
        (f"<s:Envelope {NAMESPACE}/>".encode(), "no-body"),
        (f"<s:Envelope {NAMESPACE}><s:Body/></s:Envelope>".encode(), "empty-body"),
        (envelope("<a/><b/>"), "many-in-body"),
        (envelope("<a/></s:Body><s:Body><b/>"), "no-body"),
        (
            f"<s:Envelope {NAMESPACE}><s:Body><a/></s:Body><wrapped/></s:Envelope>".encode(),
            "no-body",
        ),
    ],
)
def test_a_message_stands_at_its_place_or_nowhere(raw, code):
    with pytest.raises(xml.Unreadable, match=code):
        xml.body_of(xml.read(raw))


def test_a_comment_cannot_hide_a_part_of_a_value():
    message = xml.body_of(
        xml.read(envelope(f'<m xmlns="{xml.MESSAGES}"><code>REF<!-- x -->US</code></m>'))
    )
    assert xml.text_of(message, "code") == "REFUS"


def test_a_plain_answer_is_read():
    assert xml.body_of(xml.read(envelope("<a>é</a>"))).text == "é"
