"""Issue codes of the package, found by reading its source: every call that names a code like `demand.short-history`."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "src" / "trivet"
Names = Mapping[str, ast.expr]
"""What names stand for: constants of the module, then what the function assigns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueCode:
    """One kind of issue, where it is raised and what it says ({name} stands for a value)."""

    code: str
    severity: str
    message: str
    advice: str
    module: str


_CODE = re.compile(r"[a-z]+\.[a-z0-9{}_]+(-[a-z0-9{}_]+)*")
_ENDINGS = {
    "toml",
    "json",
    "csv",
    "parquet",
    "xlsx",
    "md",
    "sql",
    "sqlite",
    "db",
    "txt",
    "py",
    "lp",
    "zip",
    "tsv",
    "log",
}
_LEFT_OUT = {"examples", "migrations", "schema.py"}


def issue_codes() -> list[IssueCode]:
    """Find every issue the package can raise; sorted by code."""
    found: dict[tuple[str, str], IssueCode] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if not _LEFT_OUT & set(path.parts):
            module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
            for issue in _of_module(ast.parse(path.read_text("utf-8")), module):
                found.setdefault((issue.code, issue.module), issue)
    return [found[key] for key in sorted(found)]


def _of_module(tree: ast.Module, module: str) -> Iterator[IssueCode]:
    constants = _assigned(tree.body)
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            names = constants | _assigned(ast.walk(function))
            for node in ast.walk(function):
                if isinstance(node, ast.Call):
                    yield from _of_call(node, names, module)


def _assigned(nodes: Iterator[ast.AST] | list[ast.stmt]) -> dict[str, ast.expr]:
    found: dict[str, ast.expr] = {}
    for node in nodes:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                found.setdefault(name, value)
            case _:
                pass
    return found


def _of_call(call: ast.Call, names: Names, module: str) -> Iterator[IssueCode]:
    named = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    codes = [*(code for node in call.args for code in _constants(node)), *_codes(named.get("code"), names)]
    rest = [text for node in call.args for text in _texts(node, names) if text and not _CODE.fullmatch(text)]
    message = _text(named["message"], names) if "message" in named else next(iter(rest), "")
    advice = _text(named["advice"], names) if "advice" in named else next(iter(rest[1:]), "")
    severity = next((s for node in (*call.args, *named.values()) if (s := _severity(node))), "")
    for code in codes:
        yield IssueCode(code=code, severity=severity, message=message, advice=advice, module=module)


def _constants(node: ast.expr) -> list[str]:
    text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
    return [text] if _CODE.fullmatch(text) and text.split(".")[1] not in _ENDINGS else []


def _codes(node: ast.expr | None, names: Names) -> list[str]:
    if node is None:
        return []
    choices = [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]
    return [text for choice in choices if _CODE.fullmatch(text := _text(choice, names))]


def _severity(node: ast.expr) -> str:
    if isinstance(node, ast.IfExp):
        return " or ".join(filter(None, (_severity(node.body), _severity(node.orelse))))
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Severity":
        return node.attr.lower()
    return ""


def _texts(node: ast.expr, names: Names) -> list[str]:
    if isinstance(node, ast.Name) and isinstance(names.get(node.id), ast.Tuple):
        node = names[node.id]
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return [_text(part, names) for part in parts]


def _text(node: ast.expr, names: Names) -> str:
    """Show a text or f-string; what is filled in is shown in braces."""
    shown = ""
    match node:
        case ast.Constant(value=str(text)):
            shown = text
        case ast.BinOp(op=ast.Add()):
            shown = _text(node.left, names) + _text(node.right, names)
        case ast.JoinedStr():
            shown = "".join(_text(part, names) for part in node.values)
        case ast.FormattedValue():
            shown = _blank(node.value)
        case ast.IfExp():
            shown = " / ".join(filter(None, (_text(node.body, names), _text(node.orelse, names))))
        case ast.Name() if node.id in names:
            shown = _text(names[node.id], {})
        case _:
            pass
    return shown


def _blank(value: ast.expr) -> str:
    """Name what is filled in by its last name, `{family}`; a number of things is `{n}`, a part that may lack `…`."""
    if isinstance(value, ast.IfExp):
        return "…"
    names: list[str] = re.findall(r"[A-Za-z_]+", ast.unparse(value))
    if not names or "len" in names or {"sum", "height"} & {names[-1]}:
        return "{n}"
    return "{" + names[-1].strip("_") + "}"
