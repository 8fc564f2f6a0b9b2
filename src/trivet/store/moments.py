"""Moments: where a scenario's log stood at an instant, for as-of questions.

The log's own order is the truth: what lies before an entry was there when the entry was written. Entries a
rebase carried over came with the rebase, whenever they were first made; inherited ones with the branch.
"""

from datetime import datetime

from sqlalchemy import Connection, func, select

from trivet.core.errors import NotFound
from trivet.core.ids import ScenarioId, Seq
from trivet.store.scenarios import read_rebases, read_scenario
from trivet.store.schema import log as log_table
from trivet.store.stored import instant


def seq_at(connection: Connection, name: ScenarioId, at: datetime) -> Seq:
    """Give the number a scenario's log stood at.

    Raises NotFound for an unknown scenario, or one that was made later; InvalidInput for a time without zone.
    """
    scenario = read_scenario(connection, name)
    asked = instant(at)
    if at < scenario.created:
        raise NotFound(
            f"scenario '{name}' was made {scenario.created:%Y-%m-%d %H:%M} UTC; at {at:%Y-%m-%d %H:%M} it "
            "was not there. Ask for its parent, or a later time."
        )
    rebases = read_rebases(connection, name)
    done = [rebase for rebase in rebases if rebase.at <= at]
    open_ = rebases[len(done) :]
    least = done[-1].seq + done[-1].carried if done else (open_[0] if open_ else scenario).branched_at
    most = open_[0].head if open_ else scenario.head
    query = select(func.max(log_table.c.seq)).where(
        log_table.c.scenario == name, log_table.c.seq > least, log_table.c.seq <= most, log_table.c.at <= asked
    )
    return Seq(connection.execute(query).scalar_one_or_none() or least)
