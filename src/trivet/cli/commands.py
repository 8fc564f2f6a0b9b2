"""Every command, registered by importing its module."""

from trivet.cli import care, changes, demo, files, planning, publishing, relief

__all__ = ["care", "changes", "demo", "files", "planning", "publishing", "relief"]
