import json
import re
from dataclasses import replace
from decimal import Decimal
from functools import cache
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from pypdf import PdfReader
from pypdf.generic import IndirectObject

from tests.connect.tied import Tied, make_tied, source_rows, tied, write_folder
from tests.finance.tiny import month
from trivet.connect.certificate import Certificate, certify
from trivet.connect.pack_figures import Figures, known_demand, page_columns
from trivet.connect.pack_told import PricedRelief
from trivet.connect.pdf import draw_pack, write_pdf
from trivet.connect.pdf_business import bridge_steps, service
from trivet.connect.pdf_chart import SIZE, Canvas, spread_labels, ticks, width_of
from trivet.connect.pdf_drawings import Difference, Line, Months, Step, draw_bridge, draw_differences, draw_months
from trivet.connect.pdf_earlier import earlier_plan
from trivet.connect.pdf_operations import utilisation
from trivet.connect.pdf_paper import Paper, Table, quoted
from trivet.connect.pdf_words import number, signed
from trivet.core.errors import Unavailable
from trivet.core.fiscal import outlook_revenue, outlook_units, sum_by, years_ahead
from trivet.core.quantities import MONEY, QUANTITY
from trivet.core.summary import Bar

RELIEF = PricedRelief(name="LINE", worth=Decimal(4200), said="8 hours on LINE in 2027-03 are worth EUR 4,200.")


@cache
def certificate() -> Certificate:
    with TemporaryDirectory() as name:
        write_folder(Path(name), tied())
        return certify(Path(name))


def drawn(made: Tied, *reliefs: PricedRelief, version: str = "main-7") -> Paper:
    return draw_pack(made.plan, made.inputs, made.summary, certificate(), version=version, reliefs=reliefs or None)


@cache
def with_history() -> Tied:
    """The tied company, with what it published a month before."""
    rows = source_rows()
    rows["published"] = [
        {
            "cycle": month(-1),
            "measure": "consensus_demand",
            "item": item,
            "market": "DE",
            "bucket": month(m),
            "quantity": 100,
        }
        for item in ("BIKE", "RACER")
        for m in range(-1, 14)
    ]
    rows["orders"] = [{"item": "BIKE", "market": "DE", "bucket": month(-1), "quantity": 400}]
    rows["published"] += [
        {
            "cycle": month(-1),
            "measure": "baseline_demand",
            "item": "BIKE",
            "market": "DE",
            "bucket": month(m),
            "quantity": 90,
        }
        for m in range(4)
    ]
    return make_tied(rows)


@cache
def texts() -> tuple[str, ...]:
    """What each page says."""
    (made,) = drawn(tied(), RELIEF).set_pages()
    return tuple(page.extract_text() for page in PdfReader(BytesIO(made)).pages)


def page_of(name: str) -> str:
    (found,) = [text for text in texts() if re.search(rf"(?m)^{re.escape(name)} · Tiny", text)]
    return found


def test_every_page_says_what_where_when_in_which_unit_of_which_version_and_digest() -> None:
    for number_, text in enumerate(texts(), 1):
        assert "Tiny · cycle 2026-11 · " in text
        assert f"version main-7 · digest {tied().plan.digest()[:16]}" in text
        assert f"{number_} of {len(texts())}" in text


def test_pack_has_the_business_every_family_six_plans_capacity_gaps_issues_and_the_certificate() -> None:
    wanted = ["Business", "Bikes", "Cargo", "Unassigned", "Sales plan, units", "Sales plan, revenue", "Marketing plan"]
    wanted += ["Development plan", "Manufacturing plan", "Capacity", "Sourcing plan", "Finance plan", "Gaps", "Issues"]
    for name in [*wanted, "Assumptions and risks", "Certificate"]:
        assert page_of(name)


def test_pages_are_landscape_a4_and_a_family_fits_on_one() -> None:
    (made,) = drawn(tied()).set_pages()
    for page in PdfReader(BytesIO(made)).pages:
        assert (round(float(page.mediabox.width)), round(float(page.mediabox.height))) == (842, 595)
    for family in ("Bikes", "Cargo", "Unassigned"):
        assert sum(f"{family} · Tiny" in text for text in texts()) == 1


def test_same_version_gives_the_same_bytes_and_another_version_others() -> None:
    first, again, other = (drawn(tied(), version=v).set_pages()[0] for v in ("main-7", "main-7", "main-8"))
    assert first == again
    assert first != other


def _opened(thing: object) -> object:
    """Give what a PDF's resources hold, fonts opened."""
    if isinstance(thing, IndirectObject):
        return _opened(thing.get_object())
    return {str(k): _opened(v) for k, v in thing.items() if k != "/XObject"} if isinstance(thing, dict) else thing


def test_only_inter_is_embedded_so_that_no_machine_shows_another_font() -> None:
    (made,) = drawn(tied()).set_pages()
    fonts = set()
    for page in PdfReader(BytesIO(made)).pages:
        fonts |= set(re.findall(r"/BaseFont': '/[A-Z]{6}\+([^']+)'", str(_opened(page["/Resources"]))))
    assert fonts
    assert all(font.startswith("Inter") for font in fonts), fonts


def test_family_page_shows_the_roll_up_of_its_cells() -> None:
    figures = Figures(tied().plan, tied().inputs)
    first = figures.buckets.first_open
    units = figures.by_family(outlook_units(figures.demand), "Bikes")
    revenue = figures.by_family(outlook_revenue(figures.demand), "Bikes")
    worth = 1_000 if tied().summary.scale[0] == 1_000_000 else 1
    page = page_of("Bikes")
    for bucket in range(first - 6, first + 12):
        assert number(int(units[bucket]) * QUANTITY) in page
        assert number(int(revenue[bucket]) * MONEY / worth) in page
    for year in years_ahead(figures.buckets):
        assert number(int(revenue[year.columns].sum()) * MONEY / worth) in page


def test_business_page_shows_outlook_budget_and_difference_of_the_summary() -> None:
    page, (worth, _) = page_of("Business"), tied().summary.scale
    year = tied().summary.lines[-1].year
    lines = [line for line in tied().summary.families if line.year == year and line.revenue]
    for line in (*lines, *tied().summary.lines):
        assert number(line.revenue / worth, 2) in page
        if line.revenue_gap is not None and line in lines:
            assert signed(line.revenue_gap / worth, 2) in page
    for bar in next(bridge for bridge in reversed(tied().summary.bridges) if bridge.family is None).bars:
        if bar.bar not in (Bar.BUDGET, Bar.OUTLOOK) and abs(bar.revenue / worth) >= Decimal("0.01"):
            assert signed(float(bar.revenue / worth), 2) in page


def test_sales_plan_shows_each_family_and_region_and_the_company() -> None:
    figures = Figures(tied().plan, tied().inputs)
    first, values = figures.buckets.first_open, outlook_revenue(figures.demand)
    worth = 1_000 if tied().summary.scale[0] == 1_000_000 else 1
    names, sums = sum_by(
        [f"{f}|{m}" for f, m in zip(figures.row_families, figures.demand.keys["market"], strict=True)], values
    )
    page = page_of("Sales plan, revenue")
    assert len(names) == len(sums)
    for counts in (*sums, values.sum(axis=0)):
        assert number(int(counts[first]) * MONEY / worth) in page


def test_capacity_shares_are_hours_over_hours_without_overtime() -> None:
    figures = Figures(tied().plan, tied().inputs)
    columns = [column for column in page_columns(figures.buckets) if column.kind == "plan"][:3]
    for index in range(figures.load.rows):
        for column, share in zip(columns, utilisation(figures, index, "load_hours", columns), strict=True):
            have, room = (
                int(figures.load.count(m)[index, column.buckets].sum()) for m in ("load_hours", "capacity_hours")
            )
            assert share == (Decimal(have) / room * 100 if room else None)


def test_company_service_of_the_business_page_is_the_summary_s() -> None:
    figures = Figures(tied().plan, tied().inputs)
    assert service(figures, None)[0] == tied().summary.service


def test_relief_is_told_in_words_or_the_command_that_prices_it() -> None:
    overloads = [load.resource for load in tied().summary.overloads] + [each.item for each in tied().summary.shortages]
    unpriced = drawn(tied()).text()
    for name in overloads:
        assert re.search(rf"not priced here: trivet relief --where (resource|item)={name}", unpriced)
    if overloads:
        told = drawn(tied(), replace(RELIEF, name=overloads[0])).text()
        assert "8 hours on LINE in Mar 27 are worth EUR 4,200." in told
        assert "not priced here" not in told


def test_what_a_company_has_no_numbers_for_is_left_out_and_the_contents_say_why() -> None:
    rows = source_rows()
    for item in rows["items"]:
        item["name"] = '#panic("x") ] $ * _ \\ " <&>'
    for name in ("promotions", "launches", "risks", "assumptions", "budget", "bill_of_materials", "payment_terms"):
        rows[name] = []
    paper = drawn(make_tied(rows))
    text = paper.text()
    assert "Not here: Marketing plan: no event is known (table promotions)." in text
    assert "Not here: What changed since last cycle: no earlier plan is known (table published)." in text
    for name, why in paper.left_out:
        assert name
        assert why
    assert not re.search(r"heading\(.*\"(Marketing plan|Assumptions and risks)\"\)", text)
    assert paper.set_pages()[0].startswith(b"%PDF")


def test_what_changed_is_this_demand_less_last_cycle_s_at_todays_price() -> None:
    made = with_history()
    figures = Figures(made.plan, made.inputs)
    before = earlier_plan(figures)
    assert before.there
    assert before.cycle == "2026-10"
    first = figures.buckets.first_open
    mine = figures.by_family(figures.demand.count("consensus_demand") - before.units, "Bikes")
    over = slice(first, first + 12)
    text = drawn(made).text()
    assert signed(int(mine[over].sum()) * QUANTITY) in text
    assert "by forecast" in text
    base = figures.by_family(figures.demand.count("baseline_demand") - before.baseline, "Bikes")
    assert signed(int(base[before.forecast].sum()) * QUANTITY) in text


def test_company_without_orders_never_reads_the_word() -> None:
    page = next(page for page in drawn(tied()).pages if 'bookmarked: true, "Bikes")' in page)
    assert "Shipments → demand" in page
    assert "Orders" not in page


def test_company_with_orders_reads_orders_and_its_past_service() -> None:
    made = with_history()
    figures = Figures(made.plan, made.inputs)
    assert known_demand(figures, "Bikes") == "Orders"
    assert known_demand(figures, "Cargo") == "Shipments"
    past = service(figures, "Bikes")[1]
    assert past is not None
    assert 0 < past < 100, "of the bikes ordered for the last month, half went out"
    assert service(figures, "Cargo") == (None, None), "made to order: it has weeks of backlog, not service"


def test_texts_of_a_company_mean_nothing_to_the_typesetter() -> None:
    assert quoted('a "b" \\ #c\n') == '"a \\"b\\" \\\\ #c "'


def test_small_print_is_never_below_six_and_a_half_points() -> None:
    sizes = [float(size) for size in re.findall(r"size: ([\d.]+)pt", drawn(tied(), RELIEF).text())]
    assert min(sizes) >= 6.5
    assert SIZE >= 6.5


def test_file_that_cant_be_written_is_told_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="Free space"):
        write_pdf(tmp_path / "no" / "pack.pdf", drawn(tied()))


def test_fault_of_a_page_is_an_issue_of_ours_not_a_traceback() -> None:
    paper = drawn(tied())
    paper.pages.append("#nonsense-that-is-not-known()")
    with pytest.raises(Unavailable, match="Report it"):
        paper.set_pages()


def test_long_table_repeats_its_heads_on_each_page() -> None:
    paper = replace(drawn(tied()), pages=[])
    table = Table(heads=["what", "how much"], lines=[[f"row {i}", str(i)] for i in range(120)], widths="1fr, 60pt")
    paper.page("Long", "A long table", "units", body=[table.text()])
    (made,) = paper.set_pages()
    said = [page.extract_text() for page in PdfReader(BytesIO(made)).pages]
    assert len(said) > 1
    assert all("how much" in text and "A long table" in text for text in said)


def test_actual_is_solid_forecast_hatched_plan_outlined_prior_light() -> None:
    chart = Months(
        labels=["Jan 27", "Feb 27"], kinds=["actual", "forecast"], bars=[10, 20], plan=[12, 18], prior=[9, None],
        lines=[Line(name="Demand", values=[11.0, 12.0], color="#000000")],
    )  # fmt: skip
    svg = draw_months(chart, 200, 100)
    assert svg.count('fill="url(#h)"') == 1
    assert svg.count('fill="#4B5563"') == 2, "one actual bar, and the hatch itself"
    assert svg.count('fill="none" stroke="#1F2328" stroke-width="0.7"') == 2
    assert svg.count('fill="#D1D5DB"') == 1
    assert ">Demand</text>" in svg
    assert ">0</text>" in svg, "bars begin at 0"


def test_bars_are_as_long_as_their_amounts() -> None:
    svg = draw_months(Months(labels=["a", "b"], kinds=["actual", "actual"], bars=[10, 20]), 200, 100)
    heights = [float(h) for h in re.findall(r'height="([\d.]+)" fill="#4B5563"', svg) if h != "2.6"]
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.02)


def test_small_multiples_reach_the_same_height() -> None:
    low, high = (draw_months(Months(labels=["a"], kinds=["actual"], bars=[v], high=170), 200, 100) for v in (20, 160))
    assert ">200</text>" in low
    assert ">200</text>" in high


def test_bridge_cuts_its_axis_only_where_steps_are_small_and_marks_the_cut() -> None:
    near = [
        Step(name="budget", amount=124.2, said="124.2", look="plan"),
        Step(name="volume", amount=-4.6, said="−4.6"),
        Step(name="outlook", amount=119.6, said="119.6", look="forecast"),
    ]
    far = [
        Step(name="budget", amount=10.0, said="10.0", look="plan"),
        Step(name="volume", amount=-8.0, said="−8.0"),
        Step(name="outlook", amount=2.0, said="2.0", look="forecast"),
    ]
    assert draw_bridge(near, 300, 60).count('stroke="#FFFFFF" stroke-width="1.6"') == 4, "two strokes on both totals"
    assert 'stroke="#FFFFFF"' not in draw_bridge(far, 300, 60)
    assert "−4.6</text>" in draw_bridge(near, 300, 60)


def test_bridge_of_the_company_ends_at_its_outlook() -> None:
    for bridge in tied().summary.bridges:
        steps = bridge_steps(bridge, "revenue", 1)
        assert sum(step.amount for step in steps[:-1]) == pytest.approx(steps[-1].amount, abs=0.05 * len(bridge.bars))


def test_differences_are_green_to_the_right_and_red_to_the_left_with_a_sign() -> None:
    svg = draw_differences(
        [Difference(name="A", amount=3.0, said="+3.0"), Difference(name="B", amount=-2.0, said="−2.0")], 200
    )
    assert '#1A7F37">' not in svg.partition("+3.0")[2].partition("−2.0")[0]
    assert "+3.0</text>" in svg
    assert "−2.0</text>" in svg
    assert svg.index("#1A7F37") < svg.index("#C8102E")


def test_labels_at_the_ends_of_lines_never_overlap_nor_leave_the_chart() -> None:
    placed = spread_labels([50.0, 50.5, 51.0, 10.0], 8.0, 60.0)
    ordered = sorted(placed)
    assert all(b - a >= SIZE for a, b in pairwise(ordered))
    assert ordered[-1] <= 60.0 + 1e-9


@pytest.mark.parametrize(("low", "high"), [(0, 87), (0, 0), (-1.7, 11.3), (0, 1_234_567), (0, 0.004)])
def test_ticks_are_round_and_hold_every_amount(low: float, high: float) -> None:
    marks = ticks(low, high)
    assert marks[0] <= low
    assert marks[-1] >= high
    assert 2 <= len(marks) <= 9
    steps = {round(b - a, 9) for a, b in pairwise(marks)}
    assert len(steps) == 1


def test_words_in_a_drawing_are_escaped() -> None:
    canvas = Canvas(width=10, height=10)
    canvas.text((1, 1), "<b> & c")
    assert "&lt;b&gt; &amp; c" in canvas.svg()
    assert width_of("ab") > 0
    assert json.dumps(canvas.svg())
