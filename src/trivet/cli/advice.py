"""Advice that can be typed as it stands: commands in texts name the workspace this call named."""

import re
from contextvars import ContextVar
from shlex import quote
from typing import Final

_COMMAND: Final = re.compile(r"\btrivet (?=[a-z])")
_NAMED: ContextVar[str | None] = ContextVar("workspace named by the call", default=None)


def name_workspace(workspace: str | None) -> None:
    """Remember the workspace the call named with -w; None when it named none."""
    _NAMED.set(workspace)


def typed(text: str) -> str:
    """Complete the commands in a text with the -w of this call: `trivet plan` -> `trivet -w X plan`."""
    named = _NAMED.get()
    return _COMMAND.sub(f"trivet -w {quote(named)} ".replace("\\", r"\\"), text) if named else text
