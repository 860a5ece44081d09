"""From an honest answer to what goes on the wire: the faults of form and transport.

Input: the honest bytes and a rule of scope `call` (or `missing-reference`). Output: a `Wire`, which
the route carries out to the letter, down to cutting the connection.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Literal

from lxml import etree

from cpam_simulator.contract.faults import write_fault
from cpam_simulator.contract.schemas import SOAP, TELEDECLARATION
from cpam_simulator.domain.fault import FaultRule

_XML = "text/xml; charset=utf-8"
_HTML = "text/html; charset=utf-8"
_PAGE = (
    "<!DOCTYPE html><html lang='fr'><head><meta charset='utf-8'><title>{0}</title>"
    "<body><h1>{0}<p>Le service est momentanément indisponible.<br></body></html>"
)
_WELL_FORMED_PAGE = (
    "<html lang='fr'><head><title>{0}</title></head><body><h1>{0}</h1><hr/></body></html>"
)
_BOMB = (
    '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    + "]><b>&a11;</b>"
).encode()


@dataclass(frozen=True, slots=True)
class Wire:
    """`ending`: `answer` sends it all; `hold` says nothing for `wait` seconds, then resets; `reset`
    and `close` say nothing at all; `cut` announces the whole length and stops halfway."""

    body: bytes
    status: int = 200
    content_type: str = _XML
    retry_after: int | None = None
    ending: Literal["answer", "hold", "reset", "close", "cut"] = "answer"
    wait: float = 0


def spoil_bytes(honest: bytes, rule: FaultRule) -> Wire:
    change = _CHANGES.get(rule.kind)
    return Wire(honest) if change is None else change(honest, rule)


def _tree(change: Callable[[etree._Element], None]) -> Callable[[bytes, FaultRule], Wire]:
    def spoil(honest: bytes, rule: FaultRule) -> Wire:
        if not honest.startswith(b"<?xml"):
            return Wire(honest)
        root = etree.fromstring(honest)
        change(root)
        return Wire(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))

    return spoil


def _empty_body(root: etree._Element) -> None:
    for body in root.iterfind(f"{{{SOAP}}}Body"):
        for child in list(body):
            body.remove(child)


def _other_namespace(root: etree._Element) -> None:
    for node in root.iter(f"{{{TELEDECLARATION}}}*"):
        node.tag = f"{{{TELEDECLARATION}bis}}{etree.QName(node).localname}"


def _repeat_field(root: etree._Element) -> None:
    """The first field that holds text stands twice, with the same text."""
    for node in root.iter(f"{{{TELEDECLARATION}}}*"):
        parent = node.getparent()
        if len(node) == 0 and parent is not None:
            parent.insert(parent.index(node), deepcopy(node))
            return


def _drop_references(root: etree._Element) -> None:
    for node in list(root.iter(f"{{{TELEDECLARATION}}}referenceDepot")):
        parent = node.getparent()
        if parent is not None:
            parent.remove(node)


def _with_doctype(honest: bytes) -> bytes:
    declared = b'<!DOCTYPE Envelope SYSTEM "http://127.0.0.1:9/x.dtd">'
    head, mark, rest = honest.partition(b"?>")
    return head + mark + declared + rest if mark else declared + honest


def _fault(honest: bytes, rule: FaultRule) -> Wire:
    client = rule.kind == "client-fault"
    code = rule.code or ("SCHEMA_NON_CONFORME" if client else "ERREUR_INTERNE")
    return Wire(write_fault(code, "Client" if client else "Server"), 500)


def _page(status: int, title: str, page: str) -> Callable[[bytes, FaultRule], Wire]:
    return lambda honest, rule: Wire(page.format(title).encode(), status, _HTML)


_CHANGES: dict[str, Callable[[bytes, FaultRule], Wire]] = {
    "commit-then-no-answer": lambda b, r: Wire(b, ending="hold", wait=r.wait_seconds),
    "no-commit-no-answer": lambda b, r: Wire(b, ending="hold", wait=r.wait_seconds),
    "commit-then-reset": lambda b, r: Wire(b, ending="reset"),
    "no-commit-then-reset": lambda b, r: Wire(b, ending="reset"),
    "commit-then-close": lambda b, r: Wire(b, ending="close"),
    "slow": lambda b, r: Wire(b, wait=r.wait_seconds),
    "server-fault": _fault,
    "client-fault": _fault,
    "success-500": lambda b, r: Wire(b, 500),
    "html-500": _page(500, "500 Erreur interne", _PAGE),
    "html-502": _page(502, "502 Bad Gateway", _WELL_FORMED_PAGE),
    "html-504": _page(504, "504 Gateway Timeout", _WELL_FORMED_PAGE),
    "retry-503": lambda b, r: Wire(b"", 503, retry_after=max(1, round(r.wait_seconds))),
    "status": lambda b, r: Wire(b"", r.status),
    "truncated": lambda b, r: Wire(b[: len(b) * 2 // 3]),
    "short-length": lambda b, r: Wire(b, ending="cut"),
    "empty": lambda b, r: Wire(b""),
    "empty-202": lambda b, r: Wire(b"", 202),
    "empty-body": _tree(_empty_body),
    "malformed": lambda b, r: Wire(b.replace(b"</", b"<", 1)),
    "doctype": lambda b, r: Wire(_with_doctype(b)),
    "entity-bomb": lambda b, r: Wire(_BOMB),
    "wrong-encoding": lambda b, r: Wire(b.replace(b"UTF-8", b"UTF-16", 1)),
    "wrong-namespace": _tree(_other_namespace),
    "repeated-field": _tree(_repeat_field),
    "missing-reference": _tree(_drop_references),
}


def with_type(wire: Wire, content_type: str) -> Wire:
    """For answers that are not SOAP: same fate, the type of the honest answer where it is still
    sent.
    """
    return replace(wire, content_type=content_type) if wire.content_type == _XML else wire
