"""The vendored WSDL and schema: zeep builds what we send, lxml checks both directions.

zeep does no HTTP here and judges no answer: it hides missing mandatory fields and calls a proxy's
error page a fault. It takes a quarter of a second to import and blocks while it reads the WSDL,
hence one worker thread, in which all building and checking happens.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from lxml import etree

from cpam_adapter.partner import xml

FOLDER = Path(__file__).parent / "contract"
Built = TypeVar("Built")


@dataclass(frozen=True, slots=True)
class Frozen:
    """An envelope as it will go out each time, and the hash by which the CPAM knows its content."""

    envelope: bytes
    envelope_sha256: str
    filing_sha256: str
    follows_schema: bool


class Contract:
    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._desk = ThreadPoolExecutor(max_workers=1, thread_name_prefix="contract")
        self._client: Any = None
        self._schema: etree.XMLSchema | None = None

    def close(self) -> None:
        self._desk.shutdown(wait=False, cancel_futures=True)

    async def at_desk(self, work: Callable[["Contract"], Built]) -> Built:
        """Runs `work` in the thread that owns the WSDL and the schema."""
        return await asyncio.get_running_loop().run_in_executor(self._desk, work, self)

    async def message(self, operation: str, **content: Any) -> bytes:
        return await self.at_desk(lambda contract: contract.build(operation, content))

    async def freeze(self, declaration: Mapping[str, Any]) -> Frozen:
        return await self.at_desk(partial(_freeze, declaration=declaration))

    def build(self, operation: str, content: Mapping[str, Any]) -> bytes:
        """One envelope of ours. In the desk's thread only."""
        zeep = self._zeep()
        envelope = zeep.create_message(zeep.service, operation, **content)
        return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")

    def follows(self, message: etree._Element) -> bool:
        """Whether a message obeys the schema, facets included. In the desk's thread only."""
        if self._schema is None:
            document = etree.parse(str(self._folder / "teledeclaration.xsd"), xml.parser())
            self._schema = etree.XMLSchema(document)
        return bool(self._schema.validate(message))

    def _zeep(self) -> Any:
        if self._client is None:
            import zeep as untyped

            zeep: Any = untyped
            self._client = zeep.Client(
                str(self._folder / "teledeclaration.wsdl"),
                transport=_FilesOnly(),
                settings=zeep.Settings(strict=True, forbid_dtd=True),
            )
        return self._client


class _FilesOnly:
    """What zeep loads its documents with: beside the WSDL or not at all."""

    def load(self, url: str) -> bytes:
        path = Path(url)
        if not path.is_file():
            raise ValueError("the contract is never loaded from the network")
        return path.read_bytes()


def empreinte(declaration: etree._Element) -> str:
    """The contract's hash of a `declaration` element: exclusive canonical XML without comments."""
    canonical = etree.tostring(
        declaration, method="c14n", exclusive=True, with_comments=False, with_tail=False
    )
    return hashlib.sha256(canonical).hexdigest()


def _freeze(contract: Contract, *, declaration: Mapping[str, Any]) -> Frozen:
    envelope = contract.build("DeposerDeclarations", {"declaration": [dict(declaration)]})
    message = xml.body_of(xml.read(envelope))
    return Frozen(
        envelope=envelope,
        envelope_sha256=hashlib.sha256(envelope).hexdigest(),
        filing_sha256=empreinte(message[0]),
        follows_schema=contract.follows(message),
    )
