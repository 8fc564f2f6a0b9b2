"""Cancel long work: a waiting job at once, a running one at its next step, and nothing half-done is kept."""

from trivet.core.rights import Task
from trivet.usecases.declare import Shells
from trivet.usecases.list_jobs import JobLine, to_line
from trivet.workspace.workers import ended_workers
from trivet.workspace.workspace import Workspace

DECLARED = Shells(command="jobs", why="`trivet jobs cancel N`; pages come with the workbench")


def cancel_job(workspace: Workspace, number: int) -> JobLine:
    """Cancel a job.

    Raises:
        NotFound: there is no such job.
        Conflict: it has ended already.
        NotPermitted: somebody else asked for it, and the person's role may not.
    """
    if workspace.store.jobs.read(number).actor != workspace.settings.actor:
        workspace.rights.check_task(Task.CARE)
    gone = ended_workers(workspace.store.jobs.workers())
    return to_line(workspace, workspace.store.jobs.cancel(number, workspace.stamp("jobs cancel"), gone=gone))
