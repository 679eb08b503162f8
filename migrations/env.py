"""Alembic's entry: runs on the connection that `casehub migrate` opened, inside the city's schema."""

from alembic import context

from casehub.opening import every_table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=every_table(),
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
