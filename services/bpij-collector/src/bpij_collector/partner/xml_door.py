"""The one door through which XML of the partner comes in.

Refuses before parsing what a parser should never see: any DOCTYPE, encodings in which the check for
one could be fooled, endless tags, too many nodes. Nothing is fetched, no entity is resolved.
"""

import re

from chassis.errors import Refused
from lxml import etree

MAX_BYTES = 32 * 1024 * 1024
MAX_NODES = 4_000_000
MAX_TAG_BYTES = 4096
"""libxml2 does not bound the attributes of one element; the longest real tag has some 100 bytes."""

_ENCODINGS = ("utf-8", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252")
_MAX_DECLARATION_BYTES = 200
_DECLARED = re.compile(rb"encoding\s*=\s*[\"']([^\"']*)[\"']")
_LONG_TAG = re.compile(rb"<[^>]{%d}" % MAX_TAG_BYTES)


def parse_xml(content: bytes) -> etree._Element:
    """Raises Refused, never with a piece of the content."""
    _check_bytes(content)
    # One parser per document: it is used off the event loop, in threads.
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        # "from None": libxml2 quotes the document in its messages.
        raise Refused("xml-unreadable") from None
    # A second wall behind the look at the bytes; the stubs do not know this attribute.
    if getattr(root.getroottree().docinfo, "doctype", ""):
        raise Refused("xml-doctype")
    return root


def _check_bytes(content: bytes) -> None:
    if len(content) > MAX_BYTES:
        raise Refused("xml-too-large")
    if b"\0" in content or content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Refused("xml-encoding")
    _check_encoding(content.removeprefix(b"\xef\xbb\xbf"))
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise Refused("xml-doctype")
    if content.count(b"<") > MAX_NODES:
        raise Refused("xml-too-large")
    if _LONG_TAG.search(content):
        raise Refused("xml-tag-too-long")


def _check_encoding(content: bytes) -> None:
    """Only encodings in which "<!DOCTYPE" has the bytes that are looked for."""
    if content and not content.lstrip().startswith(b"<"):
        raise Refused("xml-unreadable")
    if not content.startswith(b"<?xml"):
        return
    declaration, closed, _ = content[:_MAX_DECLARATION_BYTES].partition(b"?>")
    declared = _DECLARED.search(declaration)
    if not closed or (declared and declared[1].decode("latin-1").lower() not in _ENCODINGS):
        raise Refused("xml-encoding")
