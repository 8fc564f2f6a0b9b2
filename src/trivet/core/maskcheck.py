"""V11 on real data: does a person see the roll-up of their own rows and nothing else? Worked out by other code.

The rows that are theirs are found here by the codes of their keys, one by one, and added in plain Python numbers;
what the mask gives is rolled up as pages roll it up. Hidden measures, members and words of others must not be there.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from trivet.core.ids import Counts
from trivet.core.issues import Node, Place
from trivet.core.measures import MeasureSpec
from trivet.core.panel import Panel
from trivet.core.plan import Model, Plan, PlanInputs
from trivet.core.rights import Rights
from trivet.core.rollup import roll_up


def find_leaks(
    whole: tuple[Plan, PlanInputs], seen: tuple[Plan, PlanInputs], rights: Rights
) -> tuple[int, tuple[Place, ...]]:
    """Compare what somebody sees with the roll-up of their own rows.

    Args:
        whole: a plan and its inputs with every row.
        seen: the same as the mask gives it.
        rights: whose.

    Returns:
        How many measures, dimensions and issues were compared, and where what is seen is not theirs alone.
    """
    (plan, inputs), (cut, own) = whole, seen
    wrong: list[Place] = []
    checked = 0
    for grain, panel in plan.panels.items():
        rows = _own_rows(panel, inputs.model, rights)
        for spec in inputs.model.registry.of_grain(grain):
            if panel.has(spec.id):
                checked += 1
                if not _is_own(panel, rows, cut.panel(grain), own.model, spec, rights):
                    wrong.append(Place(measure=spec.id, source=rights.person))
    for name, members in _strangers(inputs.model, own.model, rights):
        checked += 1
        if members:
            wrong.append(Place(source=rights.person, column=name, value=members[0]))
    if not rights.whole:
        wrong += [issue.place for issue in cut.issues if not _is_quiet(issue.place, rights)]
    return checked + len(cut.issues), tuple(wrong)


def _own_rows(panel: Panel, model: Model, rights: Rights) -> Counts:
    """Find somebody's rows by the codes of their keys."""
    if not rights.nodes:
        return np.arange(panel.rows, dtype=np.int64)
    keys = {name: panel.keys[name].to_list() for name in panel.dimensions}
    mine = [row for row in range(panel.keys.height) if all(_holds(node, row, keys, model) for node in rights.nodes)]
    return np.array(mine, dtype=np.int64)


def _holds(node: Node, row: int, keys: Mapping[str, Sequence[str]], model: Model) -> bool:
    if node.dimension in keys and node.dimension in model.dimensions:
        dimension = model.dimensions[node.dimension]
        if node.level not in dimension.levels:
            return False
        return dimension.parents(node.level).get(keys[node.dimension][row]) == dimension.today(node).member
    return node.level in keys and keys[node.level][row] == node.member


def _is_own(panel: Panel, rows: Counts, seen: Panel, model: Model, spec: MeasureSpec, rights: Rights) -> bool:
    """Tell whether a measure is hidden, or rolls up to exactly somebody's own rows."""
    name = spec.id
    if not rights.sees(name) or not rights.reaches(spec, model.registry):
        return not seen.has(name) or not (seen.count(name).any() or seen.rate(name).any())
    if not panel.keys.width:
        return np.array_equal(panel.count(name), seen.count(name)) and np.array_equal(panel.rate(name), seen.rate(name))
    if not panel.keys[rows.tolist()].equals(seen.keys):
        return False
    same = np.array_equal(panel.rate(name)[rows], seen.rate(name))
    same &= np.array_equal(panel.count(name)[rows], seen.count(name))
    if not same or name in panel.rates or spec.over_members != "sum" or seen.rows == 0:
        return same
    rolled = roll_up(seen, model, {}, [name])
    there = rolled.present[name][0]
    added = [sum(int(value) for value in column) for column in panel.count(name)[rows].T]
    return all(int(value) == own for value, own, is_ in zip(rolled.counts[name][0], added, there, strict=True) if is_)


def _strangers(whole: Model, seen: Model, rights: Rights) -> Iterator[tuple[str, list[str]]]:
    """Name for each dimension the members somebody is told of that do not lie under their nodes."""
    for name, dimension in whole.dimensions.items():
        told = seen.dimensions[name].ids
        own = [node for node in rights.nodes if node.dimension == name]
        parents = [dimension.parents(node.level) if node.level in dimension.levels else {} for node in own]
        pairs = list(zip(own, parents, strict=True))
        yield name, [leaf for leaf in told if any(of.get(leaf) != dimension.today(node).member for node, of in pairs)]


def _is_quiet(place: Place, rights: Rights) -> bool:
    """Tell whether an issue's place names a measure somebody sees and each dimension of their nodes."""
    named = {node.dimension for node in place.scope}
    return place.measure is not None and rights.sees(place.measure) and {n.dimension for n in rights.nodes} <= named
