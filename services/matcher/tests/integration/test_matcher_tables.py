from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from matcher.store.tables import metadata
from sqlalchemy.ext.asyncio import create_async_engine


async def test_the_migrations_make_the_tables_that_the_matcher_knows(urls):
    engine = create_async_engine(urls.owner)
    async with engine.connect() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(
                MigrationContext.configure(sync, opts={"compare_type": True}), metadata
            )
        )
    await engine.dispose()
    assert differences == []
