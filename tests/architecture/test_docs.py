"""The docs are complete and true: every name is in them, every link leads somewhere, every command exists."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.house import ROOT
from tools import issue_codes, reference, registries

DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
GLOBAL = {"--help", "--version", "--install-completion", "--show-completion"}
NO_COMMAND = re.compile(r"^(\[|COMMAND|-)")


def told(page: str) -> str:
    text: str = (DOCS / page).read_text(encoding="utf-8")
    return text


def test_reference_pages_are_fresh() -> None:
    assert reference.stale() == [], "run make pages"


def test_every_use_case_is_in_the_docs() -> None:
    names = {case.module for case in registries.use_cases()}
    assert [
        name for name in sorted(names) if f"trivet.usecases.{name}.{name}\n" not in told("reference/python.md")
    ] == []


def test_every_measure_table_command_and_issue_is_in_the_reference() -> None:
    assert [m for m in registries.measures().measures if f"\n### {m}\n" not in told("reference/measures.md")] == []
    assert [t for t in registries.tables() if f"\n## {t}\n" not in told("reference/tables.md")] == []
    assert [c for c, _ in registries.commands() if f"\n## {c}\n" not in told("reference/commands.md")] == []
    assert [i.code for i in issue_codes.issue_codes() if f"`{i.code}`" not in told("reference/issues.md")] == []


def test_every_command_takes_json() -> None:
    missing = [words for words, command in registries.commands() if "--json" not in options_of(command)]
    assert missing == []


def options_of(command: object) -> set[str]:
    return {name for p in getattr(command, "params", ()) for name in (*p.opts, *p.secondary_opts)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_page_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    inside = [target for target in targets if not target.startswith(("http://", "https://"))]
    broken = [target for target in inside if not (page.parent / target).exists()]
    assert broken == []


def calls(page: Path) -> Iterator[tuple[str, str]]:
    """Give every `trivet ...` a page shows, in a block of shell or in backticks: (command words, the rest)."""
    text = page.read_text(encoding="utf-8")
    shown = [line for block in re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL) for line in block.splitlines()]
    shown += re.findall(r"`(trivet [^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    for line in shown:
        for part in re.split(r"&&|;", line.partition("  #")[0]):
            words = re.sub(r"^(trivet)(\s+(-w|--workspace|--actor)\s+\S+)+", r"\1", part.strip()).split()
            if words[:1] == ["trivet"] and len(words) > 1 and not NO_COMMAND.match(words[1]):
                yield words[1], " ".join(words[2:])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_a_page_shows_exist_with_their_options(page: Path) -> None:
    known = {words: options_of(command) for words, command in registries.commands()}
    wrong = []
    for name, rest in calls(page):
        options = {option.partition("=")[0] for option in re.findall(r"(?<!\S)--[a-z-]+", rest)}
        if name not in known:
            wrong.append(f"trivet {name}: no such command")
        wrong += [f"trivet {name} {option}: no such option" for option in options - known.get(name, options) - GLOBAL]
    assert wrong == []


@pytest.mark.parametrize("page", sorted((DOCS / "roles").glob("*.md")), ids=lambda page: page.stem)
def test_measures_a_role_guide_shows_exist(page: Path) -> None:
    registry = registries.measures()
    asked = re.findall(r"trivet (?:show|change|explain) ([a-z][a-z_]+)", page.read_text(encoding="utf-8"))
    assert [name for name in asked if name not in registry.measures] == []


@pytest.mark.parametrize("page", sorted((DOCS / "decisions").glob("*.md")), ids=lambda page: page.stem)
def test_decision_has_status_context_decision_and_measured(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.match(r"# \d{4} \S", text)
    assert re.search(r"^(Status|\*\*Status\*\*): (proposed|accepted|superseded)", text, flags=re.MULTILINE)
    assert [part for part in ("Context", "Decision", "Measured") if f"\n## {part}\n" not in text] == []


def test_every_page_is_in_the_navigation() -> None:
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
    listed = set(re.findall(r"[\w/.-]+\.md", nav))
    assert {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")} == listed


def test_the_two_commands_of_the_readme_are_targets() -> None:
    targets = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    asked = set(re.findall(r"`?make ([a-z]+)", "".join(page.read_text(encoding="utf-8") for page in PAGES)))
    wanted = "help setup demo test check fix docs bench quick accept soak reference pages wheel clean"
    assert set(wanted.split()) <= set(targets)
    assert asked & {"demo", "test", "setup"} == {"demo", "test", "setup"}
