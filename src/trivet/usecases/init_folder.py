"""Start a company folder: one template per table, company.toml with comments, and a page that explains them."""

from dataclasses import dataclass
from pathlib import Path

from trivet.connect.templates import write_templates
from trivet.usecases.declare import Shells
from trivet.workspace.registries import table_specs

DECLARED = Shells(command="init", why="files on the planner's own machine; a page has nothing to add")


@dataclass(frozen=True, slots=True, kw_only=True)
class InitAnswer:
    """The files that were written."""

    folder: str
    files: tuple[str, ...]


def init_folder(folder: Path) -> InitAnswer:
    """Write the templates of a company folder.

    Raises:
        Conflict: a file of that name is there already; nothing is written.
    """
    files = write_templates(folder, table_specs())
    return InitAnswer(folder=str(folder), files=tuple(path.name for path in files))
