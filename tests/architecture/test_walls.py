"""The walls of ARCHITECTURE: small functions, small modules, packages that say what they hold, nothing unfinished."""

import ast
import re
from collections import Counter

from tests.architecture.house import PACKAGE, ROOT, body_lines, functions, sources, where

LONGEST_FUNCTION, LONGEST_MODULE = 50, 500


def test_no_function_body_is_longer_than_fifty_lines() -> None:
    long = [
        f"{where(p, f.lineno)} {f.name}: {body_lines(f)}" for p, f in functions() if body_lines(f) > LONGEST_FUNCTION
    ]
    assert not long, "\n".join(long)


def test_no_module_is_longer_than_five_hundred_lines() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert not [f"{where(path)}: {n}" for path, n in lengths.items() if n > LONGEST_MODULE]


def test_body_lines_leave_out_the_docstring() -> None:
    tree = ast.parse('def f():\n    """One.\n\n    Two.\n    """\n    a = 1\n    return a\n')
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    assert body_lines(function) == 2


def test_every_package_lists_its_modules() -> None:
    missing = []
    for init in sorted(PACKAGE.rglob("__init__.py")):
        if init.parent == PACKAGE or init.parent.name == "versions":  # alembic's folder, one file a format
            continue
        listing = ast.get_docstring(sources()[init]) or ""
        modules = {p.stem for p in init.parent.glob("*.py") if not p.stem.startswith("_")}
        modules |= {p.parent.name for p in init.parent.glob("*/__init__.py")}
        missing += [f"{where(init)} does not list {name}" for name in sorted(modules) if not _names(listing, name)]
    assert not missing, "\n".join(missing)


def _names(text: str, module: str) -> bool:
    return re.search(rf"(?<![\w]){re.escape(module)}(?![\w])", text) is not None


def test_nothing_unfinished_stands_in_the_package() -> None:
    words = re.compile(r"\b(TODO|FIXME|XXX|HACK|NotImplementedError|coming soon|lorem ipsum)\b", re.IGNORECASE)
    found = [
        f"{where(path, number)}: {line.strip()}"
        for path in [*sources(), *sorted(PACKAGE.rglob("*.toml"))]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if words.search(line)
    ]
    assert not found, "\n".join(found)


def test_words_nobody_understands_are_no_module_names() -> None:
    vague = {"utils", "helpers", "helper", "manager", "managers", "data", "process", "common", "misc"}
    assert not [where(path) for path in sources() if path.stem in vague]


def test_every_folder_of_tests_mirrors_a_room() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    others = {"properties", "golden", "reference", "journeys", "architecture", "fixtures"}
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders <= rooms | others


def test_no_two_test_files_share_a_name() -> None:
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []
