"""Everything that SQL holds, on SQLite and on PostgreSQL."""
