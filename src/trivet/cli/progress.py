"""How far long work is: a bar on a terminal, plain lines otherwise, nothing with --json."""

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class Tell:
    """A `core.ports.Progress` for people: one line or bar a stage, on standard error."""

    def __init__(self, *, quiet: bool) -> None:
        """Choose the form: bars on a terminal, lines otherwise, silence when quiet."""
        self._quiet = quiet
        self._bar: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._done: set[str] = set()
        if not quiet and sys.stderr.isatty():
            columns = (TextColumn("{task.description:<28}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
            self._bar = Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True))

    def __enter__(self) -> Self:
        """Start drawing."""
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop drawing, leaving the finished bars."""
        if self._bar:
            self._bar.stop()

    def __call__(self, stage: str, done: int, of: int) -> None:
        """Say that `done` of `of` steps of a stage are finished."""
        if self._bar:
            if stage not in self._tasks:
                self._tasks[stage] = self._bar.add_task(stage, total=of)
            self._bar.update(self._tasks[stage], completed=done, total=of)
        elif not self._quiet and done >= of and stage not in self._done:
            self._done.add(stage)
            sys.stderr.write(f"{stage}: done\n")
            sys.stderr.flush()
