"""`trivet capacity` and `trivet show --as` as typed: tables for people, JSON for programs."""

from tests.cli.test_commands import Call, call

__all__ = ["call"]


def test_one_resource_is_shown_with_its_hours_lines_cuts_and_who_causes_them(call: Call) -> None:
    shown = call("capacity", "--where", "resource=L1", "--from", "2027-03", "--to", "2027-06")
    assert shown.code == 0
    assert "Load against capacity, resource=L1, version main-1" in shown.out
    for words in ("need, hours", "overtime allowed", "lines needed", "overall factors", "resource profile"):
        assert words in shown.out
    assert "caused by " in shown.out
    assert "demonstrated capacity: not known" in shown.out
    assert "bill of resources: what each plant makes x hours a unit" in shown.out
    one = call("capacity", "--method", "bill", "--period", "quarter", "--from", "FY2027")
    assert "resource profile" not in one.out
    assert "FY2027-Q3" in one.out


def test_json_holds_every_hour(call: Call) -> None:
    told = call("capacity", "--from", "2027-03", "--json").json()
    (line,) = told["resources"]
    assert line["resource"] == "L1"
    assert set(line["periods"][0]) >= {"required", "load", "capacity", "overtime", "need", "use", "bill", "profile"}
    assert call("capacity", "--where", "resource=L9").code == 2


def test_a_measure_along_time_is_a_table_with_its_words(call: Call) -> None:
    shown = call("show", "revenue", "--as", "growth", "--period", "quarter", "--from", "2027-Q1", "--to", "2027-Q2")
    assert shown.code == 0
    assert "revenue, growth on the same quarter a year before, ratio" in shown.out
    assert "closed buckets: what came." in shown.out
    days = call("show", "projected_stock", "--as", "cover", "--from", "2027-02", "--to", "2027-04")
    assert "calendar days it lasts, days" in days.out
    assert "Items below target, of those with one" in days.out
    wrong = call("show", "projected_stock", "--as", "cumulativ")
    assert wrong.code == 2
    assert "Maybe 'cumulative'?" in wrong.err
    told = call("show", "projected_stock", "--as", "cover", "--json").json()
    assert told["rows"][0]["marks"]
    assert told["along"] == "calendar days it lasts"
