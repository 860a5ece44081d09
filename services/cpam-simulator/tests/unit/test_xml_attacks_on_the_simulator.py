"""What the one XML entry point refuses, quickly and without opening anything."""

import socket
import time

import pytest
from cpam_simulator.contract.faults import SoapFault
from cpam_simulator.contract.read_request import read_request
from cpam_simulator.contract.read_xml import XmlRefused, read_xml

XSI = b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
BOMB = b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>'

ATTACKS = {
    "doctype alone": (b"<!DOCTYPE a><a/>", "doctype"),
    "external dtd": (b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>', "doctype"),
    "external entity": (
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        "doctype",
    ),
    "parameter entity": (b'<!DOCTYPE a [<!ENTITY % x SYSTEM "file:///x">%x;]><a/>', "doctype"),
    "bomb": (BOMB, "doctype"),
    "doctype behind a comment": (b"<!-- x --><!DOCTYPE a><a/>", "doctype"),
    "unknown entity": (b"<a>&x;</a>", "syntax"),
    "utf-16": ('<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16"), "encoding"),
    "utf-7": (b'<?xml version="1.0" encoding="UTF-7"?>+ADw-a/+AD4-', "encoding"),
    "a lie about the encoding": (b'<?xml version="1.0" encoding="ISO-8859-1"?><a/>', "encoding"),
    "invalid utf-8": (b"<a>\xff</a>", "encoding"),
    "stylesheet": (b'<?xml-stylesheet href="http://127.0.0.1:9/x"?><a/>', None),
    "instruction inside": (b"<a><?php echo 1 ?></a>", "instruction"),
    "wide": (b"<a " + b" ".join(b'a%d="1"' % n for n in range(60_000)) + b"/>", "breadth"),
    "many": (b"<a>" + b"<b/>" * 100_000 + b"</a>", "breadth"),
    "deep": (b"<a>" * 15_000 + b"</a>" * 15_000, "syntax"),
    "large": (b"<a>" + b"x" * 2_000_000 + b"</a>", "size"),
    "schema location": (
        b"<a " + XSI + b' xsi:schemaLocation="urn:x http://127.0.0.1:9/x.xsd"/>',
        "schema-location",
    ),
    "schema location without namespace": (
        b"<a " + XSI + b' xsi:noNamespaceSchemaLocation="http://127.0.0.1:9/x.xsd"/>',
        "schema-location",
    ),
    "empty": (b"", "syntax"),
    "cut": (b"<a><b>", "syntax"),
    "two roots": (b"<a/><b/>", "syntax"),
    "null byte": (b"<a>\x00</a>", "syntax"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_refused_within_a_tenth_of_a_second(attack: str) -> None:
    raw, reason = ATTACKS[attack]
    before = time.process_time()
    if reason is None:
        read_xml(raw)
    else:
        with pytest.raises(XmlRefused) as refused:
            read_xml(raw)
        assert refused.value.reason == reason
    assert time.process_time() - before < 0.1


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_on_the_service_is_a_fault_of_the_client(attack: str) -> None:
    with pytest.raises(SoapFault) as fault:
        read_request(ATTACKS[attack][0])
    assert fault.value.code in ("REQUETE_ILLISIBLE", "REQUETE_TROP_GRANDE")


def test_nothing_is_fetched_while_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        port = listener.getsockname()[1]
        for raw, _ in ATTACKS.values():
            with pytest.raises((XmlRefused, SoapFault)):
                read_request(raw.replace(b"127.0.0.1:9/", b"127.0.0.1:%d/" % port))
        with pytest.raises(TimeoutError):
            listener.accept()


def test_xinclude_is_just_an_element() -> None:
    raw = b'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/passwd"/></a>'
    assert len(read_xml(raw)) == 1
    assert "root:" not in "".join(read_xml(raw).itertext())


def test_a_comment_does_not_split_a_value() -> None:
    root = read_xml(b"<a>12<!-- x -->34</a>")
    assert "".join(root.itertext()) == "1234"
    assert root.text == "1234"
