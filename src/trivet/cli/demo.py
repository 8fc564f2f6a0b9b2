"""`demo`: the whole planning cycle on the example company."""

from shutil import which
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from trivet.cli.answers import Json, answer
from trivet.cli.files import show_import
from trivet.cli.main import Call, app
from trivet.cli.progress import Tell
from trivet.cli.screen import show_summary

if TYPE_CHECKING:
    from trivet.usecases.run_demo import DemoAnswer


@app.command()
def demo(
    context: typer.Context,
    company: Annotated[str, typer.Option(help="velmora (the bicycle maker) or bikes (tiny).")] = "velmora",
    as_json: Json = False,
) -> None:
    """Run a whole cycle on an example: import, plan, tie out, publish, pack, and one screen that tells it."""
    from trivet.core.errors import NotFound  # noqa: PLC0415
    from trivet.examples import bikes, velmora  # noqa: PLC0415
    from trivet.usecases.run_demo import run_demo  # noqa: PLC0415
    from trivet.workspace.settings import read_settings  # noqa: PLC0415

    call: Call = context.obj
    target = read_settings({"workspace": call.workspace}).workspace
    tell = context.with_resource(Tell(quiet=as_json))
    examples = {"velmora": velmora, "bikes": bikes}
    if company not in examples:
        raise NotFound(f"example '{company}' is not known; there are velmora and bikes.")
    value = run_demo(target, examples[company](), progress=tell)
    answer(value, as_json=as_json, show=_show_demo, refused=not value.certificate.passed)


def _show_demo(value: "DemoAnswer", console: Console) -> None:
    show_import(value.imported, console)
    console.print()
    show_summary(value.summary, console, version=value.version, state="published")
    checks = value.certificate.checks
    checked = sum(check.checked for check in checks)
    failed = sum(check.failed for check in checks)
    at_hand = "trivet" if which("trivet") else ".venv/bin/trivet"  # `make demo` leaves the shell as it was
    console.print(
        f"[bold]Tie-out[/]  {len(checks)} checks over {checked:,} places, {failed} differ · digest {value.digest[:16]}"
    )
    console.print(
        f"[bold]Pack[/]     {value.pdf} (to read and print)\n         {value.pack} (to reckon with)", soft_wrap=True
    )
    console.print(
        f"[bold]Next[/]     {at_hand} -w {value.workspace} show consensus_demand --by family --period quarter\n"
        f"         {at_hand} -w {value.workspace} change consensus_demand +5% --where family=Trekking "
        f'--from 2027-Q2 --reason "spring campaign"\n'
        f"         {at_hand} -w {value.workspace} explain constrained_revenue --where family=Trekking --from FY2027",
        soft_wrap=True,
    )
