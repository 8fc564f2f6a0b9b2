"""What entries do to the numbers people look at: made again on top of the log, and counted cell by cell."""

from collections.abc import Iterator, Sequence

import polars as pl

from trivet.core.entries import Effect, Logged
from trivet.core.fold import replay
from trivet.core.ids import Seq
from trivet.core.plan import Plan, PlanInputs
from trivet.core.units import read_units
from trivet.planning.rebase import edited_grains


def effects_again(
    plan: Plan, inputs: PlanInputs, live: Sequence[Logged], logged: Sequence[Logged]
) -> Iterator[tuple[Effect, ...]]:
    """Give for each logged entry what it moves now, folded on top of the log before it.

    Args:
        plan: the plan whose bases the entries change.
        inputs: what it was made from.
        live: the log that stands, effects in the rows of this plan.
        logged: the entries after it, each seeing those before it. One that does not fit, or of records, moves none.
    """
    units = read_units(inputs.table("unit_conversions"), inputs.table("items"))
    after = live[-1].seq if live else Seq(0)
    moved: dict[Seq, tuple[Effect, ...]] = {}
    for grain in edited_grains(inputs):
        for turn in replay(plan.panel(grain), (*live, *logged), inputs.model, units, after=after):
            moved[turn.entry.seq] = turn.effects
    for entry in logged:
        yield moved.get(entry.seq, ())


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
