"""The contract files of this folder, loaded once: WSDL text and compiled schemas."""

from functools import cache
from pathlib import Path
from typing import cast

from lxml import etree

FOLDER = Path(__file__).parent
TELEDECLARATION = "urn:jonction:cpam:teledeclaration:v1"
BPIJ = "www.cnamts.fr/tlsemp/IJ"
ENVELOPE = "urn:jonction:cpam:enveloppe:v1"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


@cache
def schema(name: str) -> etree.XMLSchema:
    """`teledeclaration.xsd`, `bpij.xsd` or `bpij-enveloppe.xsd`."""
    return etree.XMLSchema(etree.parse(FOLDER / name))


@cache
def text(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def namespaces(default: str, **prefixed: str) -> dict[str, str]:
    """For `nsmap`: lxml names the default namespace None, which its type stubs do not know."""
    return cast(dict[str, str], {**prefixed, None: default})
