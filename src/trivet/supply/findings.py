"""What the supply plan found: overloads, shortages, lost demand, backlog, stock nobody will buy."""

from trivet.core.issues import Issue
from trivet.core.plan import PlanInputs
from trivet.supply.asked import Asked
from trivet.supply.capacity import Crew
from trivet.supply.fill import Filled
from trivet.supply.network import Network
from trivet.supply.read_back import Run


def find_issues(
    inputs: PlanInputs, network: Network, asked: Asked, crew: Crew, run: Run, filled: Filled
) -> tuple[Issue, ...]:
    return ()
