"""Run the migrations on the connection that `trivet.store.migrate` hands over, in its transaction."""

from alembic import context

from trivet.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
