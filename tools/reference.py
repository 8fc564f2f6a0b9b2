"""Write docs/reference from the registries; tests/architecture/test_docs.py fails when a page is stale.

`python -m tools.reference` writes the pages, `python -m tools.reference --check` only compares.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from tools import issue_codes, registries
from trivet.cli.answers import Problem

FOLDER = registries.ROOT / "docs" / "reference"
NOT_SHOWN = {"help", "install_completion", "show_completion"}
SPANS = {"closed": "actuals", "open": "plan", "both": "actuals and plan"}
HEAD = "<!-- Written by tools/reference.py (`make pages`); change the registry, not this page. -->\n\n"


def row(*cells: object) -> str:
    """Write one row of a table."""
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Write a table."""
    names = list(head)
    return "\n".join([row(*names), row(*["---"] * len(names)), *(row(*cells) for cells in rows)]) + "\n"


def measures_page() -> str:
    """Write every measure by grain."""
    registry = registries.measures()
    parts = [
        "# Measures\n\nEvery number a plan holds, named once in `src/trivet/core/measures.toml`. "
        "*Given* measures come from tables, *edited* ones fold people's entries over a base, "
        "*summed* ones follow a formula, *solved* ones come from the forecast or the supply plan. "
        "Quantities count 0.001 of the item's unit, money 0.0001 of the plan currency, hours 0.001; "
        "rates are rounded to 1e-9.\n"
    ]
    for grain, dimensions in registry.grains.items():
        keys = " × ".join(dimensions) if dimensions else "the whole company"
        parts.append(f"\n## {grain.capitalize()}: {keys}\n")
        for spec in registry.of_grain(grain):
            facts = [
                ("kind", spec.kind.value),
                ("unit", spec.unit.value),
                (
                    "buckets",
                    {"closed": "actuals", "open": "plan", "both": "actuals and plan"}.get(spec.spans, spec.spans),
                ),
                ("over members", spec.over_members),
                ("over time", spec.over_time),
                ("where missing", spec.missing),
                ("base", spec.base or ""),
                ("spread by", ", ".join(spec.spread_by)),
                ("formula", f"`{spec.formula}`" if spec.formula else ""),
                ("inverse", "; ".join(f"`{moved} = {text}`" for moved, text in spec.inverse.items())),
                ("owner", spec.owner),
                ("people may change it", "in open buckets" if spec.editable else ""),
                ("confidential", spec.confidential),
                ("format", f"`{spec.format}`"),
                ("from tables", ", ".join(f"[{t}](tables.md#{t})" for t in getattr(spec, "tables", ()))),
            ]
            told = " · ".join(f"{name}: {value}" for name, value in facts if value)
            parts.append(f"\n### {spec.id}\n\n{spec.about}\n\n{told}\n")
    return "".join(parts)


def tables_page() -> str:
    """Write every table of the company folder, column by column."""
    specs = registries.tables()
    overview = table(
        ("table", "what it holds", "when it is missing"),
        (
            (f"[{name}](#{name})", spec.about, spec.off or ("**needed**" if spec.needed else "nothing changes"))
            for name, spec in specs.items()
        ),
    )
    parts = [
        "# Tables of a company folder\n\nOne file a table: `NAME.csv`, `NAME.parquet` or `NAME.xlsx`. "
        "Only `items` and one history (orders, order lines, bookings or shipments) are needed. "
        "`trivet init FOLDER` writes a template of each. How files are read: "
        "[company folder](../company-folder.md).\n\n",
        overview,
    ]
    for name, spec in specs.items():
        columns = (
            (
                f"`{column.name}`",
                f"{column.type.value}{' · key' if column.key else ''}{' · needed' if column.needed else ''}",
                column.about + (f" One of: {', '.join(column.choices)}." if column.choices else ""),
            )
            for column in spec.columns
        )
        extra = "\nFurther columns are kept as attributes: filter and roll up by them.\n" if spec.extra else ""
        off = f"\nMissing: {spec.off}\n" if spec.off else ""
        parts.append(f"\n## {name}\n\n{spec.about}\n\n{table(('column', 'type', 'meaning'), columns)}{extra}{off}")
    return "".join(parts)


def commands_page() -> str:
    """Write every command with its arguments and options."""
    parts = [
        "# Commands\n\n`trivet [-w WORKSPACE] COMMAND`: the workspace is the folder or database URL of `-w`, else "
        "`$TRIVET_WORKSPACE`, else `./trivet-workspace`. Every command takes `--json` ([answers](json.md)) and returns "
        "0 (done), 1 (there are refusals, or somebody else was first) or 2 (the call was wrong). "
        "`trivet --install-completion` sets up your shell.\n\n## Options of every command\n\n",
        _parameters(registries.application()),
    ]
    for words, command in registries.commands():
        usage = " ".join(_usage(parameter) for parameter in command.params)
        about = "\n".join(line.strip() for line in (command.help or "").splitlines())
        parts.append(
            f"\n## {words}\n\n```sh\ntrivet {words} {usage}".rstrip() + f"\n```\n\n{about}\n\n{_parameters(command)}"
        )
    return "".join(parts)


def _usage(parameter: object) -> str:
    if isinstance(parameter, TyperArgument):
        name = (parameter.name or "").upper()
        return name if parameter.required else f"[{name}]"
    if not isinstance(parameter, TyperOption):
        return ""
    name = parameter.opts[-1]
    if not parameter.is_flag:
        name = f"{name} {(parameter.name or '').upper()}"
    return name if parameter.required else f"[{name}]"


def _parameters(command: TyperCommand | TyperGroup) -> str:
    rows = []
    for parameter in command.params:
        if getattr(parameter, "hidden", False) or parameter.name in NOT_SHOWN:
            continue
        option = isinstance(parameter, TyperOption)
        names = [*parameter.opts, *parameter.secondary_opts] if option else [(parameter.name or "").upper()]
        plain = isinstance(parameter.default, str | int) and not isinstance(parameter.default, bool)
        default = f"`{parameter.default}`" if plain and parameter.default != "" else ""
        rows.append((", ".join(f"`{name}`" for name in names), getattr(parameter, "help", None) or "", default))
    return table(("option", "meaning", "default"), rows) if rows else ""


def issues_page() -> str:
    """Write every kind of issue."""
    rows = (
        (f"`{issue.code}`", issue.severity, issue.message, issue.advice, f"`{issue.module}`")
        for issue in issue_codes.issue_codes()
    )
    return (
        "# Issues\n\nProblems are values: planning finds all of them at once, each with a place, a way out and, "
        "where it can be said, the money at stake. *Refused*: nothing happened. *Warning*: the plan stands, look. "
        "*Note*: good to know. Words in braces stand for values.\n\n"
        + table(("code", "weight", "says", "way out", "found by"), rows)
    )


def schemas() -> dict[str, Any]:
    """Give the JSON schema of each use-case's answer."""
    found = {}
    for case in registries.use_cases():
        answer: Any = case.answer
        if is_dataclass(answer):
            adapter: TypeAdapter[Any] = TypeAdapter(case.answer)
            found[case.name] = adapter.json_schema(mode="serialization")
    found[Problem.__name__] = TypeAdapter(Problem).json_schema(mode="serialization")
    return found


def json_page() -> str:
    """Write what each command answers with `--json`."""
    parts = [
        "# Answers as JSON\n\nEvery command answers with one JSON document on standard output when it is called with "
        "`--json`; progress and errors go to standard error. Quantities and money are exact decimals, written as text; "
        "days are ISO dates. `demo`, `plan` and `publish` answer with the plan's `digest`. "
        "The same as JSON Schema: [schemas.json](schemas.json).\n"
    ]
    shared: dict[str, Any] = {}
    all_schemas = schemas()
    for case in registries.use_cases():
        schema = all_schemas.get(case.name)
        if schema is None:
            continue
        shared.update(schema.get("$defs", {}))
        title = f"trivet {case.shells.command}" if case.shells.command else case.name
        if case.name != case.module:
            title = f"{title} ({case.name})"
        parts.append(f"\n## {title}\n\n{case.about} Python: `{case.name}`.\n\n{_fields(schema)}")
    problem = all_schemas[Problem.__name__]
    shared.update(problem.get("$defs", {}))
    parts.append(
        "\n## A call that was not carried out (Problem)\n\nThe command ends with 1 or 2, and standard error says it in "
        f"words as well.\n\n{_fields(problem)}"
    )
    parts.append("\n## Values inside the answers\n")
    parts += [f"\n### {name}\n\n{_first_line(schema)}\n\n{_fields(schema)}" for name, schema in sorted(shared.items())]
    return "".join(parts)


def python_page() -> str:
    """Write the Python interface: every use-case, by mkdocstrings."""
    cases = [case for case in registries.use_cases() if case.name == case.module]
    return (
        "# Python\n\nEvery use-case is a function of the package, imported when it is first used, so that "
        "`import trivet` costs nothing.\n\n"
        "```python\nfrom pathlib import Path\n\nimport trivet\n\n"
        'workspace = trivet.open_workspace("trivet-workspace")\n'
        'trivet.import_folder(workspace, Path("my-company"))\n'
        "answer = trivet.make_plan(workspace)\nprint(answer.digest, len(answer.issues))\n```\n\n"
        "Problems of a plan are [issues](issues.md) in the answer; wrong calls raise an error of this tree.\n\n"
        "::: trivet.core.errors\n\n## Use-cases\n\n"
        + table(
            ("function", "does", "command"),
            (
                (f"[`{case.name}`](#trivet.usecases.{case.name}.{case.name})", case.about, case.shells.command or "")
                for case in cases
            ),
        )
        + "".join(f"\n::: trivet.usecases.{case.name}.{case.name}\n" for case in cases)
    )


def _first_line(schema: Mapping[str, Any]) -> str:
    return str(schema.get("description", "")).strip().split("\n")[0]


def _fields(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return "One of: " + ", ".join(f"`{value}`" for value in schema["enum"]) + "\n"
    if "properties" not in schema:
        return f"{_kind(schema)}\n"
    about = _attributes(str(schema.get("description", "")))
    return table(
        ("field", "type", "meaning"),
        ((f"`{name}`", _kind(kind), about.get(name, "")) for name, kind in schema["properties"].items()),
    )


def _attributes(docstring: str) -> dict[str, str]:
    found: dict[str, str] = {}
    name = ""
    for line in docstring.partition("Attributes:")[2].splitlines():
        start, colon, text = line.strip().partition(": ")
        if colon and all(word.isidentifier() for word in start.split(", ")):
            for name in start.split(", "):
                found[name] = text
        elif name and line.strip():
            found[name] += " " + line.strip()
    return found


def _kind(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = str(schema["$ref"]).rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(kind) for kind in schema["anyOf"]))
    if "prefixItems" in schema:
        return "list of (" + ", ".join(_kind(kind) for kind in schema["prefixItems"]) + ")"
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if schema.get("type") == "object" and "additionalProperties" in schema:
        return f"mapping of name to {_kind(schema['additionalProperties'])}"
    kind = str(schema.get("format") or schema.get("type") or "any value")
    return "decimal" if "pattern" in schema else kind


PAGES: Mapping[str, Callable[[], str]] = {
    "measures.md": measures_page,
    "tables.md": tables_page,
    "commands.md": commands_page,
    "issues.md": issues_page,
    "json.md": json_page,
    "python.md": python_page,
}


def written() -> dict[Path, str]:
    """Give the text of every reference page as it should be today."""
    pages = {FOLDER / name: HEAD + write() for name, write in PAGES.items()}
    pages[FOLDER / "schemas.json"] = json.dumps(schemas(), indent=1, sort_keys=True) + "\n"
    return pages


def stale() -> list[str]:
    """Name the pages that differ from what the registries say today."""
    found = []
    for path, text in written().items():
        if not path.is_file() or path.read_text("utf-8") != text:
            found.append(str(path.relative_to(registries.ROOT)))
    return found


def main(*, check: bool) -> int:
    """Write the pages, or with `check` name the stale ones; 1 when there are any."""
    if check:
        old = stale()
        sys.stderr.write("".join(f"{name} is stale; run make pages\n" for name in old))
        return 1 if old else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in written().items():
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
