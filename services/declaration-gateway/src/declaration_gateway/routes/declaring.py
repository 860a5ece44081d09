"""Door: HTTP in. An HRIS declares an arrêt, and later what has become of it.

The answer leaves after the commit: a declaration that was answered 202 is stored.
"""

import re
from typing import Annotated, Any
from uuid import UUID

import orjson
from chassis.access import Caller, require
from chassis.errors import FieldError, Refused
from chassis.failpoints import fp
from chassis.problems import Catalogue, language_of
from fastapi import APIRouter, Header, Request, Response
from prometheus_client import Counter

from declaration_gateway.domain import coherence
from declaration_gateway.domain.changing import BY_CHANGE, Changing
from declaration_gateway.domain.declaring import Declaring
from declaration_gateway.domain.facts import facts_of
from declaration_gateway.domain.fingerprint import fingerprint
from declaration_gateway.domain.receipt import Receipt
from declaration_gateway.flows.recognise_repeat import recognise_repeat
from declaration_gateway.flows.revise_declaration import revise_declaration
from declaration_gateway.flows.seal_change import seal_change
from declaration_gateway.flows.seal_declaration import seal_declaration
from declaration_gateway.flows.submit_declaration import submit_declaration
from declaration_gateway.routes.bodies import read, read_json
from declaration_gateway.routes.desk import desk_of
from declaration_gateway.routes.schemas import body_of, receipt_of, refusals

router = APIRouter(prefix="/v1/declarations", tags=["declarations"])

ACCEPTS = Counter(
    "jonction_accepts_total", "Answers 200 and 202 to declarations", ["change", "outcome"]
)
# Looked up once: the hot path.
_NEW, _REPEATED = (ACCEPTS.labels("initial", outcome) for outcome in ("accepted", "repeated"))
_KEY = re.compile(r"[!-~]{1,255}", re.ASCII)
_ETAG = re.compile(r'(?:W/)?"([0-9]{1,9})"', re.ASCII)
Hris = Annotated[Caller, require("hris")]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="1 to 255 visible ASCII characters, without spaces; compulsory",
    ),
]
IfMatch = Annotated[
    str | None, Header(alias="If-Match", description='The revision that you know, e.g. `"3"`')
]


@router.post(
    "",
    status_code=202,
    openapi_extra=body_of(Declaring),
    responses=receipt_of(200, 202) | refusals(400, 401, 403, 409, 413, 422, 503),
)
async def declare(request: Request, caller: Hris, key: Key = None) -> Response:
    desk, tenant = desk_of(request), _tenant(caller)
    known_as = fingerprint(desk.refs, tenant, "key", _checked(key))
    raw = read_json(await request.body())
    today, at = desk.clock.today(), desk.clock.now()

    def incoherent(said: Declaring) -> list[FieldError]:
        siret = said.employer and said.employer.siret
        foreign = siret and desk.tenant_of.get(siret.value) != tenant
        found = [FieldError("employer.siret", "siret-not-yours")] if foreign else []
        return found + coherence.refusals(facts_of(said), today)

    said = read(Declaring, raw, desk.problems, incoherent)
    submitted = await seal_declaration(desk.sealer, desk.refs, tenant=tenant, said=said, at=at)
    content = said.model_dump_json(exclude_none=True).encode()
    digest = fingerprint(desk.refs, tenant, "declaration", content)
    fp("gateway.before_commit")
    async with desk.single() as tx:
        receipt = await submit_declaration(
            tx,
            submitted,
            tenant=tenant,
            client=caller.client,
            key=known_as,
            fingerprint=digest,
            warnings=coherence.warnings(facts_of(said), today),
        )
    fp("gateway.after_commit")
    if receipt is None:
        async with desk.begin() as tx:
            receipt = await recognise_repeat(
                tx, submitted, tenant=tenant, key=known_as, fingerprint=digest
            )
    (_REPEATED if receipt.duplicate else _NEW).inc()
    return _told(request, desk.problems, receipt)


@router.post(
    "/{declaration_id}/revisions",
    status_code=202,
    openapi_extra=body_of(Changing),
    responses=receipt_of(202) | refusals(400, 401, 403, 404, 409, 412, 413, 422, 503),
)
async def revise(
    request: Request,
    caller: Hris,
    declaration_id: UUID,
    key: Key = None,
    if_match: IfMatch = None,
) -> Response:
    desk, tenant = desk_of(request), _tenant(caller)
    known_as = fingerprint(desk.refs, tenant, "key", _checked(key))
    expected = _revision_in(if_match)
    said = _read_change(await request.body(), desk.problems)
    sealed = await seal_change(
        desk.sealer, desk.refs, tenant=tenant, declaration_id=declaration_id, said=said
    )
    content = declaration_id.bytes + said.model_dump_json(exclude_unset=True).encode()
    async with desk.begin() as tx:
        receipt = await revise_declaration(
            tx,
            said,
            tenant=tenant,
            client=caller.client,
            key=known_as,
            fingerprint=fingerprint(desk.refs, tenant, "change", content),
            declaration_id=declaration_id,
            expected_revision=expected,
            sealed=sealed,
            at=desk.clock.now(),
            today=desk.clock.today(),
        )
        fp("gateway.before_commit")
    fp("gateway.after_commit")
    ACCEPTS.labels(said.change, "repeated" if receipt.duplicate else "accepted").inc()
    return _told(request, desk.problems, receipt)


def _tenant(caller: Caller) -> str:
    if caller.tenant is None:
        raise Refused("forbidden")
    return caller.tenant


def _checked(key: str | None) -> bytes:
    if not key:
        raise Refused("idempotency-key-missing", field="Idempotency-Key")
    if _KEY.fullmatch(key) is None:
        raise Refused("idempotency-key-format", field="Idempotency-Key")
    return key.encode()


def _revision_in(if_match: str | None) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    found = _ETAG.fullmatch(if_match.strip())
    if found is None:
        raise Refused("if-match-format", field="If-Match")
    return int(found[1])


def _read_change(body: bytes, problems: Catalogue) -> Changing:
    raw = read_json(body)
    if "change" not in raw:
        raise Refused("invalid", errors=[FieldError("change", "field-missing")])
    change = raw["change"]
    model = BY_CHANGE.get(change) if isinstance(change, str) else None
    if model is None:
        raise Refused("invalid", errors=[FieldError("change", "change-unknown")])
    return read(model, raw, problems, _nothing_more)


def _nothing_more(said: Changing) -> list[FieldError]:
    """What contradicts the declaration as it stands is seen where it stands."""
    return []


def _told(request: Request, problems: Catalogue, receipt: Receipt) -> Response:
    here = f"/v1/declarations/{receipt.declaration_id}"
    body: dict[str, Any] = {
        "declaration_id": str(receipt.declaration_id),
        "revision": receipt.revision,
        "status": receipt.status,
        "warnings": [],
        "links": {"self": here, "history": f"{here}/history"},
    }
    headers = {"Location": here, "ETag": f'"{receipt.revision}"'}
    if receipt.duplicate:
        body["duplicate"] = True
        headers = {"Content-Location": here, "ETag": f'"{receipt.revision}"'}
    if receipt.warnings:
        language = language_of(request.headers.get("accept-language"))
        headers |= {"Content-Language": language, "Vary": "Accept-Language"}
        for warned in receipt.warnings:
            text = problems.entries[warned.code].texts[language]
            body["warnings"].append(
                {"field": warned.field, "code": warned.code, "message": text.title, "fix": text.fix}
            )
    return Response(
        orjson.dumps(body, default=str),
        status_code=200 if receipt.duplicate else 202,
        headers=headers,
        media_type="application/json",
    )
