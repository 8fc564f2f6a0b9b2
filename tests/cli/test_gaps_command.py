"""`trivet gaps`: what is outside its tolerance first, then the whole matrix."""

from pathlib import Path

from tests.cli.conftest import home, planned_home
from tests.cli.test_commands import Call, call

__all__ = ["call", "home", "planned_home"]


def test_gaps_outside_their_tolerance_come_first_and_the_matrix_is_whole(call: Call, home: Path) -> None:
    shown = call("gaps", workspace=str(home))
    assert shown.code == 0
    lines = shown.out.splitlines()
    assert "gaps are outside their tolerance" in lines[0]
    assert "outlook against budget: revenue (sales): Confirm the consensus" in shown.out
    heads = next(line for line in lines if line.startswith("FY2027"))
    for heading in ("detail", "statistical", "not served", "budget revenue", "budget margin"):
        assert heading in heads
    city = next(line for line in lines if line.startswith("City") and line.count("!") >= 2)
    assert "-" in city
    assert "Not signed: City: not approved" in shown.out


def test_gaps_as_json_and_at_other_levels(call: Call, home: Path) -> None:
    found = call("gaps", "--level", "item", "--period", "quarter", "--proof", "--json", workspace=str(home)).json()
    assert found["matrix"]["by"] == "item"
    first = found["beyond"][0]
    assert {"pair", "units", "amount", "share", "tolerance", "cause", "owner", "person", "advice"} <= set(first)
    assert call("gaps", "--by", "location", workspace=str(home)).code == 2
