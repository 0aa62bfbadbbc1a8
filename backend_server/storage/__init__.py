"""The database: SQLite in WAL or PostgreSQL, one schema, a change number that guards every memory."""
