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
    "oracle": "the libraries tests are held against (make .venv-oracle/.installed)",
}

settings.register_profile("ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("soak", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

FIGURE, LEFT_OUT = "figure", "left out"
"""Properties of a report: they travel from the worker that ran the test to the one that prints the summary."""


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
        report.user_properties += [(LEFT_OUT, need) for need in needs or ["another reason"]]
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for found in terminalreporter.stats.values() for report in found]
    told = [pair for report in reports for pair in getattr(report, "user_properties", ())]
    figures = sorted({value for name, value in told if name == FIGURE})
    left_out = Counter(str(value) for name, value in told if name == LEFT_OUT)
    if figures:
        terminalreporter.section("figures")
        for line in figures:
            terminalreporter.write_line(str(line))
    if left_out:
        terminalreporter.section("left out")
        for need, count in sorted(left_out.items()):
            terminalreporter.write_line(f"{count} tests for lack of {NEEDS.get(need, need)}")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real inputs and published answers."""
    told = os.environ.get("TRIVET_SHARED")
    found = Path(told) if told else ROOT.parent / "shared"
    if not (found / "data").is_dir():
        pytest.skip(f"no real inputs at {found}")
    return found


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str, object], None]:
    """Print a measured figure at the end of the run: `figure("AdventureWorks revenue", revenue)`."""

    def tell(name: str, value: object) -> None:
        request.node.user_properties.append((FIGURE, f"{name}: {value}"))

    return tell
