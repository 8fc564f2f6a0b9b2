"""Settings of a company, and what is said when they are wrong."""

from datetime import date

import pytest

from trivet.core.buckets import Calendar
from trivet.core.company import Company, parse_company
from trivet.core.errors import InvalidInput
from trivet.core.forecasting import Reconciliation

TEXT = """
[company]
name = "Bikes"
currency = "eur"
[time]
calendar = "{calendar}"
first_bucket = "2024-01"
cycle = 2026-11-22
horizon = 18
frozen = 2
slushy = 1
fiscal_start = 7
[hierarchies.item]
standard = ["family", "item"]
"""


@pytest.mark.parametrize(
    ("calendar", "current", "closed"),
    [("months", date(2026, 11, 1), 34), ("weeks", date(2026, 11, 16), 150), ("4-4-5", date(2026, 10, 26), 34)],
)
def test_axis_runs_from_the_first_bucket_through_the_horizon(calendar: str, current: date, closed: int) -> None:
    company = parse_company(TEXT.format(calendar=calendar))
    buckets = company.buckets()
    assert buckets.current == current
    assert buckets.first_open == closed
    assert len(buckets) == closed + 18
    assert (buckets.frozen_until, buckets.slushy_until) == (closed + 2, closed + 2)
    assert (buckets.fiscal_start, buckets.calendar) == (7, Calendar(calendar))


def test_settings_are_read_with_their_defaults() -> None:
    company = parse_company(TEXT.format(calendar="months"))
    assert (company.name, company.currency, company.timezone, company.reason_above) == ("Bikes", "EUR", "UTC", 5.0)
    assert company.hierarchies == {"item": {"standard": ("family", "item")}}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('name = "Bikes"', "name = Bikes", "company.toml is not valid TOML"),
        (
            "[hierarchies.item]",
            "[hierarchy.item]",
            r"unknown part \[hierarchy\]; expected changes, company, dimensions, forecast, gates, hierarchies, "
            "measures, netting, segments, time",
        ),
        ("currency", "curency", r"\[company\]: unknown key 'curency'; known are currency, name"),
        ("horizon", "horizont", r"\[time\]: unknown key 'horizont'"),
        ('name = "Bikes"', 'name = " "', r"\[company\]: name is missing"),
        ('name = "Bikes"', "name = 5", r"\[company\]: name is missing"),
        ("months", "days", r"calendar is 'days'; expected months, 4-4-5 or weeks"),
        ('"2024-01"', '"January"', r"first_bucket is 'January'; expected a date like 2026-11-01"),
        ("2026-11-22", "true", r"cycle is True; expected a date"),
        ("horizon = 18", "horizon = 37", r"horizon is 37; expected a whole number 1 to 36"),
        ("horizon = 18", "horizon = true", r"horizon is True"),
        ("frozen = 2", "frozen = 1.5", r"frozen is 1.5"),
        ("fiscal_start = 7", "fiscal_start = 0", r"fiscal_start is 0; expected a whole number 1 to 12"),
    ],
)
def test_wrong_setting_is_named_with_its_value_and_what_was_expected(old: str, new: str, says: str) -> None:
    text = TEXT.format(calendar="months").replace(old, new)
    with pytest.raises(InvalidInput, match=says):
        parse_company(text)


def test_way_levels_are_made_to_agree_is_chosen_by_name() -> None:
    text = TEXT.format(calendar="months")
    assert parse_company(text).forecast.reconciliation is Reconciliation.WLS_STRUCT
    for way in Reconciliation:
        chosen = parse_company(f'{text}\n[forecast]\nreconciliation = "{way}"\n')
        assert chosen.forecast.reconciliation is way


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            'reconciliation = "topdown"',
            r"\[forecast\]: reconciliation is 'topdown'; expected one of wls_struct, wls_var, ols, bottom-up, "
            r'middle-out, top-down. Did you mean "top-down"\?',
        ),
        ('reconciliation = "WLS-Struct"', r'Did you mean "wls_struct"\?'),
        ("reconciliation = 3", r"reconciliation is 3; expected one of .*top-down\.$"),
        ('reconciliation = ["ols"]', r"reconciliation is \['ols'\]; expected one of"),
        ('method = "ols"', r"\[forecast\]: unknown key 'method'; known are reconciliation"),
    ],
)
def test_way_nobody_knows_is_refused_with_the_nearest(line: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        parse_company(f"{TEXT.format(calendar='months')}\n[forecast]\n{line}\n")


def test_moment_stands_for_its_day() -> None:
    text = TEXT.format(calendar="months").replace("2026-11-22", "2026-11-22T10:30:00")
    assert type(parse_company(text).cycle) is date


def test_weeks_may_run_three_years() -> None:
    text = TEXT.format(calendar="weeks").replace("horizon = 18", "horizon = 157")
    assert parse_company(text).horizon == 157


def test_cycle_before_the_first_bucket_is_refused() -> None:
    company = Company(name="X", currency="EUR", first_bucket=date(2026, 1, 1), cycle=date(2025, 1, 1))
    with pytest.raises(InvalidInput, match="cycle 2025-01-01 lies before first_bucket 2026-01-01"):
        company.buckets()
