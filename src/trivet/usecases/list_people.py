"""List who takes part: role, part of the hierarchies, and what each may see, change and do (U1)."""

from dataclasses import dataclass

from trivet.core.rights import EVERY, Rights, Task
from trivet.usecases.declare import Shells
from trivet.workspace.workspace import Workspace

DECLARED = Shells(command="people", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLine:
    """One person.

    Attributes:
        person, name, role: as the table `people` says.
        part: nodes they see, as `level=member`; empty = every row.
        hidden: measures they do not see.
        edits: measures they may change.
        tables: tables whose rows they may change; `*` = every one.
        tasks: steps of the whole company they may take.
    """

    person: str
    name: str
    role: str
    part: tuple[str, ...]
    hidden: tuple[str, ...]
    edits: tuple[str, ...]
    tables: tuple[str, ...]
    tasks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleAnswer:
    """Who takes part.

    Attributes:
        you: who asks.
        everybody: whether everybody may do everything, because there is no table `people`.
        people: by the table; only who asks, where they may not look after the workspace.
    """

    you: PersonLine
    everybody: bool
    people: tuple[PersonLine, ...]


def list_people(workspace: Workspace) -> PeopleAnswer:
    """List the people of the working plan and their rights.

    Raises NotPermitted for somebody the table `people` does not name.
    """
    own, known = workspace.rights, workspace.everybody
    shown = known if Task.CARE in own.tasks and own.whole else tuple(one for one in known if one.person == own.person)
    return PeopleAnswer(you=_line(own), everybody=not known, people=tuple(_line(one) for one in shown))


def _line(rights: Rights) -> PersonLine:
    return PersonLine(
        person=rights.person,
        name=rights.name,
        role=rights.role,
        part=tuple(f"{node.level}={node.member}" for node in rights.nodes),
        hidden=tuple(sorted(rights.hidden)),
        edits=tuple(sorted(rights.editable)),
        tables=(EVERY,) if EVERY in rights.tables else tuple(sorted(rights.tables)),
        tasks=tuple(task.value for task in Task if task in rights.tasks and (not rights.nodes or task is Task.PLAN)),
    )
