"""Every measure of the registry says what it is, who owns it, where it may be edited and how people read it (D2)."""

from importlib.resources import files

import pytest

from trivet.core.errors import InvalidInput
from trivet.core.measures import Kind, MeasureSpec, Unit, parse_measures

TEXT = (files("trivet.core") / "measures.toml").read_text("utf-8")
REGISTRY = parse_measures(TEXT)
ROLES = {"coordinator", "sales", "marketing", "product", "demand", "supply", "sourcing", "finance", "executive"}


@pytest.mark.parametrize("measure", REGISTRY.measures.values(), ids=[str(name) for name in REGISTRY.measures])
def test_measure_has_owner_format_span_and_says_whether_it_is_edited(measure: MeasureSpec) -> None:
    assert measure.owner in ROLES
    assert measure.about.endswith(".")
    assert measure.spans in {"closed", "open", "both"}
    assert measure.format.startswith("0.00" if measure.unit is Unit.RATE else "0")
    if measure.editable:
        assert measure.spans == "open"
        assert measure.kind is Kind.EDITED or measure.inverse
    else:
        assert measure.kind is not Kind.EDITED


def test_a_company_measure_names_its_format_and_a_wrong_one_is_refused() -> None:
    added = '\n[measures.fill]\ngrain = "demand"\nkind = "given"\nunit = "ratio"\nabout = "Part filled."\n'
    assert parse_measures(TEXT + added)["fill"].format == "0.0 %"
    assert parse_measures(TEXT + added + 'format = "0 %"\n')["fill"].format == "0 %"
    with pytest.raises(InvalidInput, match="measure fill: format is '#,##0'"):
        parse_measures(TEXT + added + 'format = "#,##0"\n')
