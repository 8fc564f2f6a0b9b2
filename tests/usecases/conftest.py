"""Fixtures of the planned workspace."""

from planned import home, open_as, planned_home

__all__ = ["home", "open_as", "planned_home"]
