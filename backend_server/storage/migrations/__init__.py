"""Alembic's migrations; `storage/schema/` says what they add up to, and a test compares."""
