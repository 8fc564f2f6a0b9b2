"""Batches in child processes: order kept, crashes contained, answers clean."""

import io
import os

import pytest

from trivet.core.errors import Unavailable
from trivet.engines.processes import LocalExecutor, ProcessExecutor, read_frame, write_frame

# the child imports this module by name: it must find the folder of the tests
HERE = os.path.dirname(__file__)  # noqa: PTH120


def shout(batch: bytes) -> bytes:
    print("noise on the way")  # noqa: T201 - the answers must stay clean
    return batch.upper() + os.environ["OMP_NUM_THREADS"].encode()


def crash(batch: bytes) -> bytes:
    if batch == b"b":
        raise ValueError("no such thing")
    return batch


def die(batch: bytes) -> bytes:
    os._exit(9 if batch else 0)


@pytest.fixture(autouse=True)
def findable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", HERE)


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_answers_come_in_order_of_the_batches(workers: int) -> None:
    found = ProcessExecutor(workers=workers).map_batches(shout, [b"a", b"", b"c", b"d", b"e"])
    assert list(found) == [b"A1", b"1", b"C1", b"D1", b"E1"]


def test_no_batches_no_children() -> None:
    assert list(ProcessExecutor().map_batches(shout, [])) == []


def test_an_error_in_a_child_is_said_and_does_not_take_us_down() -> None:
    with pytest.raises(Unavailable, match="ValueError: no such thing"):
        ProcessExecutor(workers=1).map_batches(crash, [b"a", b"b", b"c"])


def test_a_child_that_dies_is_said() -> None:
    with pytest.raises(Unavailable, match="it said nothing"):
        ProcessExecutor(workers=2).map_batches(die, [b"a", b"b"])


def test_the_local_executor_runs_here() -> None:
    assert list(LocalExecutor().map_batches(bytes.upper, [b"a", b"b"])) == [b"A", b"B"]


def test_frames_survive_the_pipe_and_breaks_are_found() -> None:
    stream = io.BytesIO()
    write_frame(stream, b"one")
    write_frame(stream, b"")
    stream.seek(0)
    assert [read_frame(stream), read_frame(stream), read_frame(stream)] == [b"one", b"", None]
    for part in (b"\x03\x00", b"\x03" + b"\x00" * 7 + b"on"):
        with pytest.raises(EOFError):
            read_frame(io.BytesIO(part))
