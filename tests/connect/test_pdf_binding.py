"""What binds, on the business page: figures beside each other add up."""

from dataclasses import replace
from decimal import Decimal

from tests.connect.tied import tied
from trivet.connect.pack_figures import Figures
from trivet.connect.pdf_binding import binding
from trivet.core.summary import MaterialShortage


def test_short_material_is_need_less_deliveries_less_stock() -> None:
    made = tied()
    short = MaterialShortage(
        item="PACK",
        suppliers=("VOLT",),
        first="2027-02",
        last="2027-06",
        need=Decimal(19_434),
        cap=Decimal(15_040),
        stock=Decimal(200),
        short=Decimal(4_194),
        families=("Bikes",),
    )
    figures = Figures(made.plan, made.inputs)
    page = "\n".join(binding(figures, replace(made.summary, shortages=(short,)), None))
    assert "4,194 short by Jun 27: need 19,434, VOLT deliver 15,040, stock 200; for Bikes" in page
