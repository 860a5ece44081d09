"""The one way in for the partner's XML. Bounded before it is parsed, checked before it is read.

Size, encoding, DOCTYPE, number of nodes and attributes are looked at on the raw bytes (libxml2 caps
neither attributes nor nodes); then one Envelope with one Body with one element, at their places.
"""

import re
from datetime import datetime

from lxml import etree

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
MESSAGES = "urn:jonction:cpam:teledeclaration:v1"

LARGEST_BYTES = 4 * 1024 * 1024
_MOST_NODES = 100_000
_MOST_ATTRIBUTES = 5_000
_DECLARED = re.compile(r"""\A<\?xml[^>]*?encoding\s*=\s*["']([^"']*)["']""")


class Unreadable(Exception):
    """The code says why. The text of the parser never leaves: it quotes the message."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def read(raw: bytes) -> etree._Element:
    """The root of a bounded UTF-8 document without DOCTYPE. Raises Unreadable."""
    if not raw:
        raise Unreadable("empty")
    if len(raw) > LARGEST_BYTES:
        raise Unreadable("too-large")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("not-utf-8") from None
    declared = _DECLARED.match(text)
    if declared is not None and declared[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        raise Unreadable("not-utf-8")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise Unreadable("doctype")
    if text.count("<") > 2 * _MOST_NODES or text.count("=") > _MOST_ATTRIBUTES + text.count("<"):
        raise Unreadable("too-many-nodes")
    try:
        return etree.fromstring(raw, parser())
    except etree.XMLSyntaxError:
        raise Unreadable("malformed") from None


def body_of(root: etree._Element) -> etree._Element:
    """The one element inside the one Body. Raises Unreadable."""
    if root.tag != f"{{{SOAP}}}Envelope":
        raise Unreadable("no-envelope")
    bodies = root.findall(f"{{{SOAP}}}Body")
    if len(bodies) != 1 or root[-1] is not bodies[0]:
        raise Unreadable("no-body")
    inside = list(bodies[0])
    if len(inside) != 1:
        raise Unreadable("empty-body" if not inside else "many-in-body")
    return inside[0]


def instant(text: str | None) -> datetime | None:
    """None also where the schema's dateTime goes beyond ours, as with 24:00 or the year 10000."""
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError:
        return None


def text_of(element: etree._Element, name: str) -> str | None:
    """Text of the direct child `name` of our messages' namespace."""
    child = element.find(f"{{{MESSAGES}}}{name}")
    return None if child is None else (child.text or "").strip()
