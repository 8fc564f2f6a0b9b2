"""People: how many each line has, who joins and leaves, their overtime and temporary labour (Y7, Y14, F1).

heads(t) = heads(t-1) + agreed change + hired - released, least <= heads <= most
hours of production <= heads x hours a head gives x working days + overtime + temporary labour
overtime <= heads x overtime a head may add

Reads `workforce`; feeds `heads`, `hires`, `leavers`, `temporary_hours`. Where the table does not say what a head
gives, heads are shown and limit nothing. Wages decide and are part of the standard cost; hiring, release and
temporary labour are supply variances. The horizon ends with the people the following year's demand needs.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Flags, Rates
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.supply.asked import Asked
from trivet.supply.blocks import Programme
from trivet.supply.make_to_stock import FORBIDDEN, add_fixed_slack, fixed_makes
from trivet.supply.network import Network
from trivet.supply.panels import days_of

COLUMNS: Final = (
    *("heads", "wage", "hire_cost", "release_cost", "hours_per_head"),
    *("overtime_per_head", "minimum", "maximum", "temporary_cost"),
)
"""Numbers of the table that hold from their row's first bucket on."""
NOISE: Final = 1e-6
"""Part of a count below which a solver's number is the whole count below."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class People:
    """The people of the resources that `workforce` names; arrays are (people, open) unless said otherwise.

    Attributes:
        rows: (people,) rows of the load panel.
        opening: (people,) heads at the end of the last closed bucket.
        agreed: heads as the table has them, nobody hired or released by the plan.
        hours: good hours a head gives in a bucket; NaN = heads limit nothing.
        overtime: overtime hours of a head and bucket; NaN = as the resource says.
        wage, hire, release, temporary: costs; NaN = not to be had.
        least, most: heads the plan must and may have.
        whole, busy: (people,) heads are whole people; what they can make is made.
    """

    rows: Counts
    opening: Rates
    agreed: Rates
    hours: Rates
    overtime: Rates
    wage: Rates
    hire: Rates
    release: Rates
    temporary: Rates
    least: Rates
    most: Rates
    whole: Flags
    busy: Flags

    @property
    def limiting(self) -> Counts:
        """Numbers of the people whose hours limit production."""
        return np.flatnonzero(~np.isnan(self.hours).any(axis=1))

    @property
    def decided(self) -> Flags:
        """Tell for which people the plan may hire or release in some bucket: (people,)."""
        moves = ~np.isnan(self.hire).all(axis=1) | ~np.isnan(self.release).all(axis=1)
        found: Flags = np.asarray(moves & ~np.isnan(self.hours).any(axis=1), dtype=np.bool_)
        return found


def read_people(inputs: PlanInputs, load: Panel) -> People:
    """Read the people of every resource of the load panel; a row holds from its first bucket on."""
    buckets = load.buckets
    numbers = {name: i for i, name in enumerate(load.keys["resource"].to_list())}
    table = inputs.table("workforce").sort("resource", "first")
    names = sorted({name for name in table["resource"].to_list() if name in numbers}, key=lambda name: numbers[name])
    place = {name: i for i, name in enumerate(names)}
    found = {column: np.full((len(names), len(buckets)), np.nan) for column in COLUMNS}
    flags = np.zeros((2, len(names)), dtype=np.bool_)
    starts = np.array(buckets.starts, dtype="datetime64[D]")
    for row in table.iter_rows(named=True):
        if row["resource"] in place:
            i, holds = place[row["resource"]], starts >= np.datetime64(row["first"], "D")
            for column in COLUMNS:
                found[column][i, holds] = np.nan if row[column] is None else max(float(row[column]), 0.0)
            flags[:, i] |= [bool(row["whole"]), row["idle"] is False]
    rows = np.array([numbers[name] for name in names], dtype=np.int64)
    return _people(rows, found, flags, days_of(inputs, load)[rows], buckets.first_open)


def _people(rows: Counts, found: dict[str, Rates], flags: Flags, days: Rates, first: int) -> People:
    heads = found["heads"]
    known = ~np.isnan(heads)
    # Before the first row of the table the people are those of that row: nobody joined that nobody named.
    earliest = heads[np.arange(len(heads)), np.argmax(known, axis=1)] if heads.size else np.zeros(len(heads))
    heads = np.where(known, heads, np.nan_to_num(earliest)[:, None])
    open_ = {name: values[:, first:] for name, values in found.items()}
    most = np.where(np.isnan(open_["maximum"]), np.inf, open_["maximum"])
    return People(
        rows=rows,
        opening=heads[:, max(first - 1, 0)] if heads.size else np.zeros(len(heads)),
        agreed=heads[:, first:],
        hours=open_["hours_per_head"] * days[:, first:],
        overtime=open_["overtime_per_head"],
        wage=np.nan_to_num(open_["wage"]),
        hire=open_["hire_cost"],
        release=open_["release_cost"],
        temporary=open_["temporary_cost"],
        least=np.nan_to_num(open_["minimum"]),
        most=most,
        whole=flags[0],
        busy=flags[1],
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PeopleColumns:
    """Where people stand in the programme, (limiting people, open), and the rows of their hours."""

    heads: Counts
    temporary: Counts
    rows: Counts


def add_people(
    programme: Programme, network: Network, asked: Asked, people: People, names: list[str], overtime: Counts
) -> PeopleColumns:
    """Add heads, who joins and leaves, temporary labour, and the hours they give together.

    Args:
        programme: to add to.
        network: the ways.
        asked: what is asked, for the people the year after needs.
        people: as `read_people` gives them; only limiting ones are added.
        names: of the resources of the load panel.
        overtime: (resources, open) columns of overtime.

    Returns:
        The columns, and the rows of hours that production is to be added to.
    """
    at = people.limiting
    labels = [names[row] for row in people.rows[at]]
    free = people.decided[at] & ~np.isnan(people.hire[at]).any(axis=1) & ~np.isnan(people.release[at]).any(axis=1)
    heads = np.zeros((len(at), network.open), dtype=np.int64)
    for i, label in enumerate(labels):
        whole = bool(people.whole[at[i]] and free[i])
        low, high = _bounds(people, int(at[i]))
        heads[i] = programme.columns("heads", [label], cost=people.wage[at[i]], lower=low, upper=high, whole=whole)[0]
    _add_moves(programme, people, labels, heads)
    gone = np.isnan(people.temporary[at])
    cost = np.nan_to_num(people.temporary[at])
    temporary = programme.columns("temporary labour", labels, cost=cost, upper=np.where(gone, 0.0, np.inf))
    busy = people.busy[at][:, None] & np.ones(network.open, dtype=np.bool_)
    rows = programme.rows("hours of people", labels, lower=np.where(busy, 0.0, -np.inf), upper=0.0)
    programme.add(rows, heads, -people.hours[at])
    programme.add(rows, overtime[people.rows[at]], -1.0)
    programme.add(rows, temporary, -1.0)
    if busy.any():
        price = FORBIDDEN * asked.dearest
        programme.add(rows, programme.columns("idle people", labels, cost=price, upper=np.where(busy, np.inf, 0.0)))
    held = set(network.uses.resource[np.isin(network.uses.make, np.flatnonzero(fixed_makes(network)))].tolist())
    strained = [i for i, row in enumerate(people.rows[at].tolist()) if row in held]
    add_fixed_slack(programme, asked, [labels[i] for i in strained], rows[strained], -1.0)
    _add_overtime_of_heads(programme, people, labels, heads, overtime)
    _add_end(programme, network, asked, people, labels, heads)
    return PeopleColumns(heads=heads, temporary=temporary, rows=rows)


def _bounds(people: People, i: int) -> tuple[Rates, Rates]:
    """Give the fewest and most heads; where nobody can be hired or released, what is agreed goes before them."""
    hires, releases = ~np.isnan(people.hire[i]).any(), ~np.isnan(people.release[i]).any()
    low = people.least[i] if hires else np.minimum(people.least[i], people.agreed[i])
    high = people.most[i] if releases else np.maximum(people.most[i], people.agreed[i])
    low = low if releases else np.minimum(low, people.agreed[i])
    return low, np.maximum(low, high)


def _add_moves(programme: Programme, people: People, labels: list[str], heads: Counts) -> None:
    at = people.limiting
    agreed = np.diff(people.agreed[at], axis=1, prepend=people.opening[at][:, None])
    given = agreed.copy()
    given[:, :1] += people.opening[at][:, None]
    moves = programme.rows("workforce", labels, lower=given, upper=given)
    programme.add(moves, heads)
    programme.add(moves[:, 1:], heads[:, :-1], -1.0)
    for name, cost, sign in (("hired", people.hire[at], -1.0), ("released", people.release[at], 1.0)):
        most = np.where(np.isnan(cost), 0.0, np.inf)
        programme.add(moves, programme.columns(name, labels, cost=np.nan_to_num(cost), upper=most), sign)


def _add_overtime_of_heads(
    programme: Programme, people: People, labels: list[str], heads: Counts, overtime: Counts
) -> None:
    at = people.limiting
    given = ~np.isnan(people.overtime[at])
    if not given.any():
        return
    rows = programme.rows("overtime of people", labels, upper=np.where(given, 0.0, np.inf))
    programme.add(rows, overtime[people.rows[at]])
    programme.add(rows, heads, -np.nan_to_num(people.overtime[at]))


def _add_end(
    programme: Programme, network: Network, asked: Asked, people: People, labels: list[str], heads: Counts
) -> None:
    """Ask the last bucket to end with the heads that the following year's demand needs, where the plan decides."""
    at = people.limiting
    needed = heads_after(network, asked, people)[at] * people.decided[at]
    if not (needed > 0).any():
        return
    cost = (np.nan_to_num(people.hire[at]) + np.nan_to_num(people.release[at]))[:, -1:] * np.ones(network.open)
    floor = np.full(heads.shape, -np.inf)
    floor[:, -1] = needed
    missing = programme.columns("fewer heads than needed after", labels, cost=cost)
    rows = programme.rows("people after the horizon", labels, lower=floor)
    programme.add(rows[:, -1:], heads[:, -1:])
    programme.add(rows[:, -1:], missing[:, -1:])


def heads_after(network: Network, asked: Asked, people: People) -> Rates:
    """Give the heads that the mean demand after the horizon needs, within what may be had: (people,)."""
    after: dict[str, float] = {}
    for site, item in enumerate(network.items):
        later = asked.ahead[site, network.open :]
        after[item] = after.get(item, 0.0) + (float(later.mean()) if len(later) else 0.0)
    need = np.zeros(len(people.rows))
    place = {int(row): i for i, row in enumerate(people.rows)}
    uses = network.uses
    for make, resource, hours in zip(uses.make.tolist(), uses.resource.tolist(), uses.hours.tolist(), strict=True):
        if resource in place:
            item = network.items[int(network.makes.site[make])]
            need[place[resource]] += after.get(item, 0.0) * float(network.makes.share[make]) * hours
    given = np.nan_to_num(people.hours).mean(axis=1) if len(need) else need
    heads = np.divide(need, given, out=np.zeros_like(need), where=given > 0)
    return np.minimum(heads, people.most[:, -1]) if len(need) else heads


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Staff:
    """The people of a plan in whole counts: (resources, open), and what joining and leaving costs: (open,)."""

    heads: Counts
    hires: Counts
    leavers: Counts
    temporary: Counts
    cost: Rates
    regular: Rates
    overtime: Rates


def staff_plan(people: People, heads: Rates, temporary: Rates, resources: int) -> Staff:
    """Bring solved heads to whole counts (0.001) and count who joins and who leaves.

    Args:
        people: as read.
        heads: (limiting people, open) as solved.
        temporary: (limiting people, open) hours of temporary labour as solved.
        resources: rows of the load panel.

    Returns:
        Counts by resource; `regular` and `overtime` are the hours people give, inf where they limit nothing.
    """
    shape = (resources, people.agreed.shape[1])
    solved = people.agreed.copy()
    solved[people.limiting] = heads
    counts = np.ceil(solved * 1000.0 - 1e3 * NOISE).astype(np.int64)
    opening = np.rint(people.opening * 1000.0).astype(np.int64)
    moved = np.diff(counts, axis=1, prepend=opening[:, None])
    hires, leavers = np.maximum(moved, 0), np.maximum(-moved, 0)
    cost = (hires * np.nan_to_num(people.hire) + leavers * np.nan_to_num(people.release)).sum(axis=0) / 1000.0
    temps = np.zeros(people.agreed.shape)
    temps[people.limiting] = temporary
    result = {name: np.zeros(shape, dtype=np.int64) for name in ("heads", "hires", "leavers", "temporary")}
    for name, values in (("heads", counts), ("hires", hires), ("leavers", leavers)):
        result[name][people.rows] = values
    result["temporary"][people.rows] = np.ceil(temps * 1000.0 - 1e3 * NOISE).astype(np.int64)
    regular, overtime = np.full(shape, np.inf), np.full(shape, np.inf)
    limited = people.rows[people.limiting]
    regular[limited] = counts[people.limiting] / 1000.0 * people.hours[people.limiting]
    spare = people.overtime[people.limiting] * counts[people.limiting] / 1000.0
    overtime[limited] = np.where(np.isnan(spare), np.inf, spare)
    return Staff(**result, cost=cost, regular=regular, overtime=overtime)


def temporary_cost(people: People, hours: Counts) -> Rates:
    """Give what temporary hours cost: (open,) plan currency of (resources, open) counts."""
    cost: Rates = (hours[people.rows] / 1000.0 * np.nan_to_num(people.temporary)).sum(axis=0)
    return cost
