"""Alembic's migrations; `storage/schema.py` says what they add up to, and a test compares."""
