"""What alembic runs: uses the connection of `hub.bus.migrate`, and opens none."""

from alembic import context

# SQLite too can undo a change of its tables, as long as somebody else began the transaction.
context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
context.run_migrations()
