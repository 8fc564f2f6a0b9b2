"""The review pack as PDF: the business, what changed, a page a family, six plans, capacity, gaps, issues, proof (E3).

The same figures as the workbook's, in the look of a printed report. What a company has no numbers for is left out,
and the contents say so.
"""

from collections.abc import Sequence
from pathlib import Path

from trivet.connect.certificate import Certificate
from trivet.connect.pack import imprint_of
from trivet.connect.pack_figures import Figures
from trivet.connect.pack_told import PricedRelief
from trivet.connect.pdf_business import put_business
from trivet.connect.pdf_changes import put_changes
from trivet.connect.pdf_earlier import earlier_plan
from trivet.connect.pdf_family import put_family
from trivet.connect.pdf_finance import put_finance
from trivet.connect.pdf_operations import put_operations
from trivet.connect.pdf_paper import Paper
from trivet.connect.pdf_plans import put_commercial_plans
from trivet.connect.pdf_proof import put_proof
from trivet.core.errors import Unavailable
from trivet.core.plan import Plan, PlanInputs
from trivet.core.summary import PlanSummary


def draw_pack(
    plan: Plan,
    inputs: PlanInputs,
    summary: PlanSummary,
    certificate: Certificate,
    *,
    version: str,
    reliefs: Sequence[PricedRelief] | None = None,
) -> Paper:
    """Lay out the pages of the review pack.

    Args:
        plan: the plan.
        inputs: what it was made from.
        summary: its one-screen summary.
        certificate: its tie-out.
        version: id that every page carries.
        reliefs: what relief of scarce things is worth; None = not computed, the page names the command.
    """
    paper = Paper(imprint=imprint_of(summary, version), day=inputs.model.buckets.current)
    figures = Figures(plan, inputs)
    earlier = earlier_plan(figures)
    put_business(paper, figures, summary, certificate, earlier=earlier, reliefs=reliefs)
    put_changes(paper, figures, summary, earlier, reliefs=reliefs or ())
    for family in figures.families:
        if figures.is_alive(family):
            put_family(paper, figures, summary, earlier, family)
        else:
            paper.leave_out(
                family or "Items without a family", "nothing was shipped for a year, is planned or budgeted"
            )
    put_commercial_plans(paper, figures, summary)
    put_operations(paper, figures, summary)
    put_finance(paper, figures, summary)
    put_proof(paper, figures, summary, certificate, reliefs=reliefs or ())
    return paper


def write_pdf(path: Path, paper: Paper) -> None:
    """Set the pages and write the file; its folder must exist.

    Raises Unavailable when the disk refuses.
    """
    (made,) = paper.set_pages()
    try:
        path.write_bytes(made)
    except OSError as error:
        raise Unavailable(f"{path}: can't be written: {error}. Free space or choose another folder.") from error
