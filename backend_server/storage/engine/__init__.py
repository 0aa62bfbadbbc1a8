"""The database itself: opening, transactions, migrations and faults, for SQLite and PostgreSQL."""
