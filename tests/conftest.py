"""What every test may ask for, and what a run says at its end: figures, and what it left out.

A test that takes the fixture `shared` or `postgresql` gets the marker of that name. Where the thing is absent the
test is skipped, unless `$TRIVET_REQUIRE` names it: then its absence is a failure (`make accept`).
"""

import os
from collections import Counter
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parents[1]
NEEDS = {
    "shared": "the real inputs ($TRIVET_SHARED or ../shared)",
    "postgresql": "PostgreSQL (apt-get install postgresql)",
}

settings.register_profile("ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("soak", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

_figures = pytest.StashKey[list[tuple[str, str]]]()
_left_out = pytest.StashKey[Counter[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_figures] = []
    config.stash[_left_out] = Counter()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for need in NEEDS:
            if need in getattr(item, "fixturenames", ()):
                item.add_marker(need)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if not report.skipped or call.excinfo is None:
        return report
    required = os.environ.get("TRIVET_REQUIRE", "").split()
    needs = [need for need in NEEDS if item.get_closest_marker(need)]
    if any(need in required for need in needs):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} must run here (TRIVET_REQUIRE={' '.join(required)}): {call.excinfo.value}"
    else:
        item.config.stash[_left_out].update(needs or ["another reason"])
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash[_figures]:
        terminalreporter.section("figures")
        width = max(len(name) for name, _ in config.stash[_figures])
        for name, value in config.stash[_figures]:
            terminalreporter.write_line(f"{name:<{width}}  {value}")
    if config.stash[_left_out]:
        terminalreporter.section("left out")
        for need, count in sorted(config.stash[_left_out].items()):
            terminalreporter.write_line(f"{count} tests for lack of {NEEDS.get(need, need)}")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real inputs and published answers."""
    told = os.environ.get("TRIVET_SHARED")
    found = Path(told) if told else ROOT.parent / "shared"
    if not (found / "data").is_dir():
        pytest.skip(f"no real inputs at {found}")
    return found


@pytest.fixture(scope="session")
def figure(pytestconfig: pytest.Config) -> Callable[[str, object], None]:
    """Print a measured figure at the end of the run: `figure("AdventureWorks revenue", revenue)`."""

    def tell(name: str, value: object) -> None:
        pytestconfig.stash[_figures].append((name, str(value)))

    return tell
