"""The review pack: one workbook with the business, a page a family, six plans and the proof that they agree (E3)."""

from collections.abc import Sequence
from pathlib import Path

from xlsxwriter.exceptions import FileCreateError

from trivet.connect.certificate import Certificate
from trivet.connect.pack_book import Book, Imprint
from trivet.connect.pack_business import write_business
from trivet.connect.pack_family import write_family
from trivet.connect.pack_figures import Figures
from trivet.connect.pack_lists import write_assumptions, write_capacity, write_certificate, write_gaps, write_issues
from trivet.connect.pack_plans import write_plans
from trivet.connect.pack_told import PricedRelief
from trivet.core.errors import Unavailable
from trivet.core.plan import Plan, PlanInputs
from trivet.core.summary import PlanSummary


def write_pack(
    path: Path,
    plan: Plan,
    inputs: PlanInputs,
    summary: PlanSummary,
    certificate: Certificate,
    *,
    version: str,
    reliefs: Sequence[PricedRelief] | None = None,
) -> None:
    """Write the review pack of a version as one xlsx file.

    Args:
        path: the file; its folder must exist.
        plan: the plan.
        inputs: what it was made from.
        summary: its one-screen summary.
        certificate: its tie-out.
        version: id that every sheet carries.
        reliefs: what relief of scarce things is worth; None = not computed, the page names the command.

    Raises:
        Unavailable: the disk refuses.
    """
    imprint = imprint_of(summary, version)
    figures = Figures(plan, inputs)
    try:
        book = Book(path, imprint)
        write_business(book, figures, summary, certificate, reliefs=reliefs)
        for family in figures.families:
            if figures.is_alive(family):
                write_family(book, figures, summary, family)
        write_plans(book, figures, summary)
        write_capacity(book, figures, summary)
        write_gaps(book, summary)
        write_issues(book, figures, reliefs or ())
        write_certificate(book, certificate)
        write_assumptions(book, figures)
        book.close()
    except (OSError, FileCreateError) as error:
        raise Unavailable(f"{path}: can't be written: {error}. Free space or choose another folder.") from error


def imprint_of(summary: PlanSummary, version: str) -> Imprint:
    """Give what every page of a pack says about itself."""
    return Imprint(
        company=summary.company,
        currency=summary.currency,
        cycle=summary.cycle,
        version=version,
        digest=summary.digest,
        scale=summary.scale,
    )
