"""How values become bytes and come back the same: entries as JSON, arrays and tables as chunks.

A chunk's address is the sha256 over its values and their shape, never over its bytes: compressed
bytes differ by writer and version, values do not. Bodies are Arrow IPC files (zstd), so that any
tool can read them.
"""

from collections.abc import Sequence
from hashlib import sha256
from io import BytesIO

import numpy as np
import polars as pl
from pydantic import BaseModel, ValidationError

from trivet.core.entries import Change, Effect, Entry, RecordChange
from trivet.core.errors import InvalidInput, Unavailable
from trivet.core.ids import Counts, Digest, Flags, MeasureId, Rates

BLOCK = 65_536
"""Series in one chunk of a measure (measured: an 8.9 MB insert takes SQLite 41 ms)."""


class _Line(BaseModel):
    """One entry as the log keeps it: exactly one of the two is there."""

    change: Change | None = None
    record: RecordChange | None = None


def entry_to_json(entry: Entry) -> str:
    """Write an entry as JSON: `{"change": {...}, "record": null}` or the other way round, amounts as exact text."""
    line = _Line(change=entry) if isinstance(entry, Change) else _Line(record=entry)
    return line.model_dump_json()


def entry_from_json(text: str) -> Entry:
    """Read an entry back; InvalidInput when the text is no entry."""
    try:
        line = _Line.model_validate_json(text)
    except ValidationError as error:
        raise InvalidInput(f"log: {text[:80]!r} is no entry: {error.errors()[0]['msg']}. Run: trivet doctor") from error
    found = line.change or line.record
    if found is None:
        raise InvalidInput(f"log: {text[:80]!r} holds neither a change nor a record. Run: trivet doctor")
    return found


def array_digest(array: Counts | Rates | Flags) -> Digest:
    """Give the address of a block of values: sha256 over type, shape and little-endian values."""
    typed = np.ascontiguousarray(array, dtype=_stored_type(array))
    total = sha256(f"array|{typed.dtype.str}|{typed.shape}|".encode())
    total.update(typed.tobytes())
    return Digest(total.hexdigest())


def _stored_type(array: Counts | Rates | Flags) -> str:
    return {"i": "<i8", "f": "<f8", "b": "|b1"}[array.dtype.kind]


def array_to_body(array: Counts | Rates | Flags) -> bytes:
    """Compress a block of values of any shape."""
    return frame_to_body(pl.DataFrame({"value": np.ascontiguousarray(array, dtype=_stored_type(array)).ravel()}))


def array_from_body(body: bytes, shape: tuple[int, ...]) -> Counts | Rates | Flags:
    """Give a block of values back."""
    values = frame_from_body(body)["value"].to_numpy()
    found: Counts | Rates | Flags = values.reshape(shape)
    return found


def frame_digest(frame: pl.DataFrame) -> Digest:
    """Give the address of a table: sha256 over names, types and values, column by column.

    Raises InvalidInput for a column type a company folder does not know.
    """
    total = sha256(f"frame|{frame.height}".encode())
    for column in frame.iter_columns():
        total.update(f"\x1d{column.name}|{column.dtype}|".encode())
        total.update(np.packbits(column.is_null().to_numpy()).tobytes())
        for part in _column_values(column):
            total.update(part)
    return Digest(total.hexdigest())


def _column_values(column: pl.Series) -> tuple[bytes, ...]:
    if column.dtype == pl.String:
        lengths = column.str.len_bytes().fill_null(0).to_numpy().astype("<i8")
        return lengths.tobytes(), "".join(column.drop_nulls().to_list()).encode()
    if column.dtype == pl.Boolean:
        return (np.packbits(column.fill_null(value=False).to_numpy()).tobytes(),)
    if column.dtype.is_numeric() or column.dtype.is_temporal():
        values = column.to_physical().fill_null(0).to_numpy()
        return (values.astype(values.dtype.newbyteorder("<")).tobytes(),)
    raise InvalidInput(f"column {column.name} is {column.dtype}: a table holds text, numbers, flags and dates only")


def frame_to_body(frame: pl.DataFrame) -> bytes:
    """Compress a table."""
    body = BytesIO()
    frame.write_ipc(body, compression="zstd", compat_level=pl.CompatLevel.oldest())
    return body.getvalue()


def frame_from_body(body: bytes) -> pl.DataFrame:
    """Give a table back; Unavailable when the bytes are damaged."""
    try:
        return pl.read_ipc(body)
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        raise Unavailable(f"a chunk of {len(body)} bytes can't be read: {error}. Run: trivet doctor") from error


def effects_to_frame(effects: Sequence[Effect]) -> pl.DataFrame:
    """Lay the effects of one entry out as a table, a row a cell."""
    schema = {"effect": pl.Int64, "measure": pl.String, **dict.fromkeys(_CELLS, pl.Int64)}
    parts = [
        pl.DataFrame({name: getattr(effect, name) for name in _CELLS}).select(
            pl.lit(number, dtype=pl.Int64).alias("effect"), pl.lit(str(effect.measure)).alias("measure"), *_CELLS
        )
        for number, effect in enumerate(effects)
    ]
    return pl.concat(parts) if parts else pl.DataFrame(schema=schema)


_CELLS = ("rows", "columns", "before", "after")


def effects_from_frame(frame: pl.DataFrame) -> tuple[Effect, ...]:
    """Give the effects of one entry back, in order."""
    return tuple(
        Effect(
            measure=MeasureId(part["measure"][0]),
            rows=part["rows"].to_numpy(),
            columns=part["columns"].to_numpy(),
            before=part["before"].to_numpy(),
            after=part["after"].to_numpy(),
        )
        for part in frame.partition_by("effect", maintain_order=True)
    )
