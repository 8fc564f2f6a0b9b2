"""Go on with long work: what waits or was left behind by a killed worker, or one job that failed or was cancelled."""

from trivet.usecases.declare import Shells
from trivet.usecases.list_jobs import JobsAnswer, to_line
from trivet.usecases.run_jobs import run_jobs
from trivet.workspace.workspace import Workspace

DECLARED = Shells(command="jobs", why="`trivet jobs resume [N]`; pages come with the workbench")


def resume_jobs(workspace: Workspace, number: int | None = None) -> JobsAnswer:
    """Run what waits or was left behind; with a number only that job, even when it failed or was cancelled.

    A job goes on where it stood: finished stages and written effects are not repeated.

    Raises:
        NotFound: there is no such job.
    """
    if number is None:
        return run_jobs(workspace)
    workspace.store.jobs.again(number, workspace.stamp("jobs resume"))
    ran = run_jobs(workspace, only=number)
    return ran if ran.jobs else JobsAnswer(jobs=(to_line(workspace, workspace.store.jobs.read(number)),))
