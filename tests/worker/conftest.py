"""Fixtures of the planned workspace."""

from tests.planned import home, open_as, planned_home

__all__ = ["home", "open_as", "planned_home"]
