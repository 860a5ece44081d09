"""The one place where XML from outside is parsed: bounded, UTF-8, no DOCTYPE, nothing fetched.

Takes raw bytes, gives the root element or raises `XmlRefused` without quoting what it refused.
"""

import re

from lxml import etree

MAX_BYTES = 1_048_576
_MAX_ELEMENTS = 20_000
_MAX_ATTRIBUTES = 16
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_DECLARED = re.compile(rb"^<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")


class XmlRefused(Exception):
    """`reason` is a constant: wrong size, encoding, doctype, instruction, breadth, syntax."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_xml(raw: bytes) -> etree._Element:
    if len(raw) > MAX_BYTES:
        raise XmlRefused("size")
    _check_text(raw)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=False,
        encoding="utf-8",
    )
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError:
        # "from None": the parser's message quotes the document.
        raise XmlRefused("syntax") from None
    _check_tree(root)
    return root


def _check_text(raw: bytes) -> None:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        raise XmlRefused("encoding") from None
    declared = _DECLARED.match(raw.removeprefix(b"\xef\xbb\xbf"))
    if declared and declared[1].lower() != b"utf-8":
        raise XmlRefused("encoding")
    # Looked for in the bytes, so that no parser ever sees it; in a comment it is refused too.
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        raise XmlRefused("doctype")
    # An element has at most two tags: what has more of them need not be built to be refused.
    if raw.count(b"<") > 2 * _MAX_ELEMENTS + 100:
        raise XmlRefused("breadth")


def _check_tree(root: etree._Element) -> None:
    for nth, node in enumerate(root.iter()):
        if not isinstance(node.tag, str):
            raise XmlRefused("instruction")
        if nth >= _MAX_ELEMENTS or len(node.attrib) > _MAX_ATTRIBUTES:
            raise XmlRefused("breadth")
        # libxml2 follows these while validating, even with no_network on the parser.
        if f"{{{_XSI}}}schemaLocation" in node.attrib:
            raise XmlRefused("schema-location")
        if f"{{{_XSI}}}noNamespaceSchemaLocation" in node.attrib:
            raise XmlRefused("schema-location")
