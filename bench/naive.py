"""What one would otherwise write: a handler with one ORM session and one commit a request.

The same checks, seals and five rows as the gateway, as the tutorials of FastAPI and SQLAlchemy
would have them: the body as a parameter, a look for the key and one for an overlapping arrêt, then
objects added to a session. (It is not safe: two equal requests at once get past both looks.)
"""

from datetime import UTC, datetime
from typing import Annotated, Any

from chassis import trace
from chassis.access import Caller, require
from chassis.partitions import partition_of
from chassis.sealing import PersonRefs, Sealer
from contracts import topics
from contracts.events import DeclarationSubmitted
from declaration_gateway.domain import coherence
from declaration_gateway.domain.declaring import Declaring
from declaration_gateway.domain.facts import facts_of
from declaration_gateway.domain.fingerprint import fingerprint
from declaration_gateway.flows.seal_declaration import seal_declaration
from declaration_gateway.settings import GatewaySettings
from declaration_gateway.store.tables import metadata
from fastapi import APIRouter, Header, HTTPException
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import registry

Hris = Annotated[Caller, require("hris")]
Key = Annotated[str, Header(alias="Idempotency-Key", max_length=255)]
_mapped = registry(metadata=metadata)


class Keyed:
    pass


class Declared:
    pass


class Revised:
    pass


class Head:
    pass


class Outgoing:
    pass


for _class, _table in {
    Keyed: "idempotency",
    Declared: "declaration",
    Revised: "revision",
    Head: "stream_head",
    Outgoing: "outbox",
}.items():
    _mapped.map_imperatively(_class, metadata.tables[_table])


def naive_router(settings: GatewaySettings) -> APIRouter:
    router = APIRouter()
    engine = create_async_engine(
        settings.database.get_secret_value(), pool_size=settings.pool_size, max_overflow=0
    )
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    sealer, refs = Sealer(settings.keys), PersonRefs(settings.keys)

    @router.post("/v1/declarations", status_code=202)
    async def accept(said: Declaring, caller: Hris, key: Key) -> dict[str, Any]:
        at, tenant = datetime.now(UTC), str(caller.tenant)
        if coherence.refusals(facts_of(said), at.date()):
            raise HTTPException(422)
        content = said.model_dump_json(exclude_none=True).encode()
        known_as = fingerprint(refs, tenant, "key", key.encode())
        digest = fingerprint(refs, tenant, "declaration", content)
        event = await seal_declaration(sealer, refs, tenant=tenant, said=said, at=at)
        declaration_id = event.declaration_id
        answer = {"declaration_id": str(declaration_id), "revision": 1, "status": "declared"}
        async with sessions() as session:
            if await session.scalar(select(Keyed).filter_by(tenant=tenant, key=known_as)):
                return answer
            if await session.scalar(_overlapping(event, tenant)):
                raise HTTPException(409)
            rows = _rows(
                event, tenant=tenant, client=caller.client, key=known_as, digest=digest, at=at
            )
            session.add_all(rows)
            await session.commit()
        return answer

    return router


def _overlapping(event: DeclarationSubmitted, tenant: str) -> Select[Declared]:
    column = metadata.tables["declaration"].c
    return (
        select(Declared)
        .filter_by(
            tenant=tenant,
            siret=event.siret.value,
            person_ref=event.person_ref,
            contract=event.contract or "",
            risk=event.risk,
        )
        .where(column.first_day <= event.period.last, column.last_day >= event.period.first)
        .where(column.state != "cancelled")
        .limit(1)
    )


def _rows(
    event: DeclarationSubmitted,
    *,
    tenant: str,
    client: str,
    key: bytes,
    digest: bytes,
    at: datetime,
) -> list[object]:
    declaration_id, topic = event.declaration_id, topics.DECLARATIONS.name
    # Mapped classes take their columns as keywords.
    make: Any = lambda model, **columns: model(**columns)  # noqa: E731
    return [
        make(Keyed, tenant=tenant, key=key, fingerprint=digest, receipt="{}"),
        make(
            Declared,
            declaration_id=declaration_id,
            tenant=tenant,
            siret=event.siret.value,
            person_ref=event.person_ref,
            contract=event.contract or "",
            risk=event.risk,
            first_day=event.period.first,
            last_day=event.period.last,
            state="declared",
            revision=1,
            fingerprint=digest,
            declared_at=at,
        ),
        make(
            Revised,
            declaration_id=declaration_id,
            revision=1,
            tenant=tenant,
            change="initial",
            content=event.model_dump(mode="json", exclude_none=True),
            client=client,
            at=at,
        ),
        make(Head, topic=topic, stream_id=declaration_id, version=1),
        make(
            Outgoing,
            topic=topic,
            partition=partition_of(declaration_id),
            stream_id=declaration_id,
            version=1,
            epoch=1,
            type=event.type,
            tenant=tenant,
            occurred_at=at,
            traceparent=trace.current.get(),
            data=event.model_dump_json().encode(),
        ),
    ]
