"""Alembic migrations of the store, run by `trivet.store.migrate` without an ini file.

Reading order: `versions` (one module a format), `freeze` (the triggers that refuse), `env` (what Alembic runs).
"""
