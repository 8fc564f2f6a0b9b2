"""Alembic migrations of the store: one module a format, run by `trivet.store.migrate` without an ini file."""
