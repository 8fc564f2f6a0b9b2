"""Every command, registered by importing its module."""

from trivet.cli import backtest, care, changes, demo, files, planning, publishing, relief

__all__ = ["backtest", "care", "changes", "demo", "files", "planning", "publishing", "relief"]
