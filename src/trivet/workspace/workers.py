"""Who runs jobs: the name of this process, and whether another one on this machine has ended."""

import os
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from uuid import uuid4

_NONCE: Final = uuid4().hex[:8]
"""Tells this process from an earlier one with the same number."""


def this_worker() -> str:
    """Give the name of this process: machine, number and a mark of its own."""
    return f"{_machine()}/{os.getpid()}/{_NONCE}"


def ended_workers(names: Iterable[str]) -> tuple[str, ...]:
    """Give those of the workers that surely have ended: processes of this machine that are no more.

    Of workers elsewhere only their lease tells.
    """
    return tuple(name for name in names if _ended(name))


def _ended(name: str) -> bool:
    machine, number, nonce = name.rsplit("/", 2)
    if machine != _machine() or nonce == _NONCE:
        return False
    if int(number) == os.getpid():
        return True  # the number is ours now
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _machine() -> str:
    """Name the machine and, in containers, the space in which its process numbers mean something."""
    try:
        space = Path("/proc/self/ns/pid").readlink().name
    except OSError:  # not Linux
        space = ""
    return f"{platform.node()}{space}"
