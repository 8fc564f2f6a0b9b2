"""What entries do to the numbers people look at: each one in turn, on top of the live log."""

from collections.abc import Iterator, Sequence

import polars as pl

from trivet.core.effects import apply_effects
from trivet.core.entries import Change, Effect, Entry, Logged
from trivet.core.fold import effects_of, fold
from trivet.core.formula import recompute
from trivet.core.ids import GrainName
from trivet.core.issues import Issue
from trivet.core.panel import Panel
from trivet.core.plan import Plan, PlanInputs
from trivet.core.units import read_units


def effects_in_turn(
    plan: Plan, inputs: PlanInputs, live: Sequence[Logged], entries: Sequence[Entry]
) -> Iterator[tuple[Effect, ...] | tuple[Issue, ...]]:
    """Give for each entry what it moves, or the issues that refuse it (and then stop).

    Args:
        plan: the plan whose bases the entries change.
        inputs: what it was made from.
        live: the log that stands.
        entries: new ones, each seeing the effects of those before it. A record change moves no cell.
    """
    model = inputs.model
    units = read_units(inputs.table("unit_conversions"), inputs.table("items"))
    heads: dict[GrainName, Panel] = {}
    standing: list[Logged | Entry] = list(live)
    for entry in entries:
        if not isinstance(entry, Change):
            standing.append(entry)
            yield ()
            continue
        grain = model.registry[entry.measure].grain
        if grain not in heads:
            heads[grain] = fold(plan.panel(grain), live, model, units)[0]
        result = effects_of(entry, heads[grain], model, standing, units)
        yield result
        effects = tuple(part for part in result if isinstance(part, Effect))
        if len(effects) < len(result):
            return
        heads[grain] = apply_effects(heads[grain], effects)
        standing.append(entry)


def heads_in_turn(
    plan: Plan, inputs: PlanInputs, before: Sequence[Logged], logged: Sequence[Logged]
) -> Iterator[tuple[Logged, Panel, Panel]]:
    """Give for each logged change the numbers of its grain before and after it, summed measures included."""
    model = inputs.model
    units = read_units(inputs.table("unit_conversions"), inputs.table("items"))
    heads: dict[GrainName, Panel] = {}
    for entry in logged:
        if not isinstance(entry.entry, Change):
            continue
        grain = model.registry[entry.entry.measure].grain
        if grain not in heads:
            heads[grain] = recompute(fold(plan.panel(grain), before, model, units)[0], model.registry)
        after = recompute(apply_effects(heads[grain], entry.effects), model.registry)
        yield entry, heads[grain], after
        heads[grain] = after


def moved_cells(plan: Plan, inputs: PlanInputs, entries: Sequence[Logged]) -> pl.DataFrame:
    """List what logged entries moved, cell by cell, counted from their effects alone.

    Args:
        plan: a plan whose panels have the rows the effects speak of.
        inputs: what it was made from.
        entries: the log.

    Returns:
        Columns measure, item, place (market or location), bucket (first day) and moved (decimal units).
    """
    schema = {"measure": pl.String, "item": pl.String, "place": pl.String, "bucket": pl.Date}
    frames = [pl.DataFrame(schema={**schema, "moved": pl.Decimal(38, 3)})]
    for effect in (effect for logged in entries for effect in logged.effects):
        keys = plan.panel(inputs.model.registry[effect.measure].grain).keys
        starts = inputs.model.buckets.starts
        rows = keys.gather(effect.rows.tolist())
        moved = pl.Series("moved", effect.after - effect.before).cast(pl.Decimal(38, 0))
        frames.append(
            rows.select(
                pl.lit(str(effect.measure)).alias("measure"),
                pl.col("item"),
                pl.col(next(name for name in keys.columns if name != "item")).alias("place"),
                pl.Series("bucket", [starts[i] for i in effect.columns.tolist()], dtype=pl.Date),
                (moved / pl.Series([1000]).cast(pl.Decimal(38, 3))).cast(pl.Decimal(38, 3)).alias("moved"),
            )
        )
    return pl.concat(frames)
