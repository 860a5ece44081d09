from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from chassis.db import Database
from declaration_gateway.store.tables import metadata
from sqlalchemy import Connection, text


async def test_the_migrations_make_the_tables_that_the_code_names(gateway_db: Database) -> None:
    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found: list[Any] = compare_metadata(context, metadata)
        return [each for each in found if "alembic_version" not in str(each)]

    async with gateway_db.begin() as tx:
        assert await tx.run_sync(differences) == []


async def test_the_tenant_leads_every_unique_index_of_a_business_key(gateway_db: Database) -> None:
    async with gateway_db.begin() as tx:
        found = await tx.execute(
            text(
                "select indexrelid::regclass::text, attname from pg_index"
                " join pg_attribute on attrelid = indexrelid and attnum = 1"
                " where (indisunique or indisexclusion)"
                " and indrelid in ('idempotency'::regclass, 'declaration'::regclass)"
            )
        )
        leading = {row[0]: row[1] for row in found}
    # The declaration's own number is drawn by us and belongs to no tenant's vocabulary.
    assert leading.pop("declaration_pkey") == "declaration_id"
    assert set(leading.values()) == {"tenant"}
    assert set(leading) == {"declaration_overlap", "idempotency_pkey"}
