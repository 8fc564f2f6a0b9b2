"""Trivet: sales and operations planning, the plan and the process, demand, supply and money in one.

    import trivet
    workspace = trivet.open_workspace("my-workspace")
    trivet.import_folder(workspace, Path("my-company"))
    answer = trivet.make_plan(workspace)

Every use-case is a function of the same name here and a command of the same intent in the shell. They
are imported when first used, so `import trivet` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trivet.core.said import Said, to_change
    from trivet.usecases.accept_finding import accept_finding
    from trivet.usecases.approve_consensus import approve_consensus
    from trivet.usecases.approve_plan import approve_plan
    from trivet.usecases.assign_finding import assign_finding
    from trivet.usecases.backtest_series import backtest_series
    from trivet.usecases.backup_workspace import backup_workspace
    from trivet.usecases.branch_scenario import branch_scenario
    from trivet.usecases.cancel_job import cancel_job
    from trivet.usecases.check_plan import check_plan
    from trivet.usecases.compare_scenarios import compare_scenarios
    from trivet.usecases.create_workspace import create_workspace
    from trivet.usecases.explain_cell import explain_cell
    from trivet.usecases.export_plan import export_plan
    from trivet.usecases.import_folder import import_folder
    from trivet.usecases.init_folder import init_folder
    from trivet.usecases.list_changes import list_changes
    from trivet.usecases.list_dimensions import list_dimensions
    from trivet.usecases.list_jobs import list_jobs
    from trivet.usecases.list_people import list_people
    from trivet.usecases.make_plan import make_plan
    from trivet.usecases.merge_scenario import merge_scenario
    from trivet.usecases.plan_in_background import plan_in_background
    from trivet.usecases.preview_changes import preview_changes
    from trivet.usecases.price_locks import price_locks
    from trivet.usecases.price_relief import price_relief
    from trivet.usecases.publish_plan import publish_plan
    from trivet.usecases.push_down import push_down
    from trivet.usecases.rebase_scenario import rebase_scenario
    from trivet.usecases.record_changes import record_changes
    from trivet.usecases.reopen_finding import reopen_finding
    from trivet.usecases.restore_workspace import restore_workspace
    from trivet.usecases.resume_jobs import resume_jobs
    from trivet.usecases.run_demo import run_demo
    from trivet.usecases.run_doctor import run_doctor
    from trivet.usecases.run_jobs import run_jobs
    from trivet.usecases.set_mix import ItemShare, set_mix
    from trivet.usecases.show_accuracy import show_accuracy
    from trivet.usecases.show_capacity import show_capacity
    from trivet.usecases.show_consensus import show_consensus
    from trivet.usecases.show_gaps import show_gaps
    from trivet.usecases.show_health import show_health
    from trivet.usecases.show_methods import show_methods
    from trivet.usecases.show_mix import show_mix
    from trivet.usecases.show_plan import View, show_numbers, show_plan
    from trivet.usecases.show_segments import show_segments
    from trivet.usecases.show_statement import show_statement
    from trivet.usecases.show_streams import show_streams
    from trivet.usecases.show_value_added import show_value_added
    from trivet.usecases.show_waterfall import show_waterfall
    from trivet.usecases.submit_plan import submit_plan
    from trivet.usecases.trace_cell import trace_cell
    from trivet.usecases.undo_change import undo_change
    from trivet.usecases.upgrade_workspace import upgrade_workspace
    from trivet.usecases.withdraw_consensus import withdraw_consensus
    from trivet.workspace.workspace import open_workspace

__all__ = [
    "ItemShare",
    "Said",
    "View",
    "accept_finding",
    "approve_consensus",
    "approve_plan",
    "assign_finding",
    "backtest_series",
    "backup_workspace",
    "branch_scenario",
    "cancel_job",
    "check_plan",
    "compare_scenarios",
    "create_workspace",
    "explain_cell",
    "export_plan",
    "import_folder",
    "init_folder",
    "list_changes",
    "list_dimensions",
    "list_jobs",
    "list_people",
    "make_plan",
    "merge_scenario",
    "open_workspace",
    "plan_in_background",
    "preview_changes",
    "price_locks",
    "price_relief",
    "publish_plan",
    "push_down",
    "rebase_scenario",
    "record_changes",
    "reopen_finding",
    "restore_workspace",
    "resume_jobs",
    "run_demo",
    "run_doctor",
    "run_jobs",
    "set_mix",
    "show_accuracy",
    "show_capacity",
    "show_consensus",
    "show_gaps",
    "show_health",
    "show_methods",
    "show_mix",
    "show_numbers",
    "show_plan",
    "show_segments",
    "show_statement",
    "show_streams",
    "show_value_added",
    "show_waterfall",
    "submit_plan",
    "to_change",
    "trace_cell",
    "undo_change",
    "upgrade_workspace",
    "withdraw_consensus",
]

_ELSEWHERE = {
    "ItemShare": "trivet.usecases.set_mix",
    "Said": "trivet.core.said",
    "View": "trivet.usecases.show_plan",
    "open_workspace": "trivet.workspace.workspace",
    "show_numbers": "trivet.usecases.show_plan",
    "to_change": "trivet.core.said",
}


def __getattr__(name: str) -> object:
    """Import a use-case when it is first used (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module 'trivet' has no attribute {name!r}")
    return getattr(import_module(_ELSEWHERE.get(name, f"trivet.usecases.{name}")), name)


def __dir__() -> list[str]:
    """List the use-cases."""
    return sorted(__all__)
