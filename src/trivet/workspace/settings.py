"""Settings: one frozen value, read once. Flag > `TRIVET_*` > `trivet.toml` of the workspace > default."""

import getpass
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from trivet.core.errors import InvalidInput
from trivet.core.options import ForecastMode

DEFAULT_WORKSPACE: Final = "trivet-workspace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting: its value as text and where it came from (flag, environment, file or default)."""

    name: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a run of Trivet is told from outside.

    Attributes:
        workspace: folder, or database URL, of the workspace.
        actor: who acts, as the log names them.
        workers: processes for forecasts.
        mode: how much the statistical forecast computes, where a plan does not say.
        pushdown: folder that publishing pushes down to; empty = publishing does not.
        all: every setting with its origin, for `trivet settings`.
    """

    workspace: str
    actor: str
    workers: int
    mode: ForecastMode
    pushdown: str
    all: tuple[Setting, ...]


def read_settings(flags: Mapping[str, str | None] | None = None) -> Settings:
    """Read all settings.

    Args:
        flags: values given on the command line or by the caller; None counts as not given.

    Raises:
        InvalidInput: a value cannot be used; the message names the setting and its origin.
    """
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    workspace = _setting("workspace", given, {}, DEFAULT_WORKSPACE)
    file = _file(workspace.value)
    actor = _setting("actor", given, file, _login())
    workers = _setting("workers", given, file, str(min(os.cpu_count() or 1, 4)))
    if not workers.value.isdigit() or int(workers.value) < 1:
        raise InvalidInput(
            f"workers is '{workers.value}' ({workers.origin}); expected a whole number from 1. Set TRIVET_WORKERS=2."
        )
    mode = _setting("mode", given, file, ForecastMode.FAST)
    if mode.value not in set(ForecastMode):
        raise InvalidInput(f"mode is '{mode.value}' ({mode.origin}); expected fast or full. Set TRIVET_MODE=fast.")
    pushdown = _setting("pushdown", given, file, "")
    return Settings(
        workspace=workspace.value,
        actor=actor.value,
        workers=int(workers.value),
        mode=ForecastMode(mode.value),
        pushdown=pushdown.value,
        all=(workspace, actor, workers, mode, pushdown),
    )


def _setting(name: str, given: Mapping[str, str], file: Mapping[str, str], default: str) -> Setting:
    environment = os.environ.get(f"TRIVET_{name.upper()}")
    if name in given:
        return Setting(name=name, value=given[name], origin="flag")
    if environment:
        return Setting(name=name, value=environment, origin=f"TRIVET_{name.upper()}")
    if name in file:
        return Setting(name=name, value=file[name], origin="trivet.toml")
    return Setting(name=name, value=default, origin="default")


def _file(workspace: str) -> Mapping[str, str]:
    path = Path(workspace) / "trivet.toml"
    if "://" in workspace or not path.is_file():
        return {}
    try:
        return {key: str(value) for key, value in tomllib.loads(path.read_text("utf-8")).items()}
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"{path} is not valid TOML: {error}. Put text in quotes.") from error


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no passwd entry, as in some containers
        return "unknown"
