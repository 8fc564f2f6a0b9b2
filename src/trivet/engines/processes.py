"""The executor: batches run in child processes of this machine, results in the order given.

A crash in a child never takes the caller down: it becomes `Unavailable`, with what the child said. The children are
plain interpreters reading batches from a pipe (not `multiprocessing`, which would run the caller's
script again). Each child has one thread.
"""

import os
import struct
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO

from trivet.core.errors import Unavailable

_LENGTH = struct.Struct("<Q")
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "POLARS_MAX_THREADS")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessExecutor:
    """Runs a module-level function over batches in child processes.

    Attributes:
        workers: children at a time; 0 = one a processor, at most 8.
    """

    workers: int = 0

    def map_batches(self, fn: Callable[[bytes], bytes], batches: Sequence[bytes]) -> Sequence[bytes]:
        """Apply `fn` to each batch, results in order.

        Raises Unavailable when a child ends without an answer; its last words are in the message.
        """
        workers = min(self.workers or min(os.cpu_count() or 1, 8), len(batches))
        if not workers:
            return []
        shares = [list(range(start, len(batches), workers)) for start in range(workers)]
        answers: dict[int, bytes] = {}
        with ThreadPoolExecutor(workers) as threads:
            for part in threads.map(lambda share: _in_child(fn, share, batches), shares):
                answers.update(part)
        return [answers[number] for number in range(len(batches))]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalExecutor:
    """Runs the batches here, one after the other: for tests and small work."""

    def map_batches(self, fn: Callable[[bytes], bytes], batches: Sequence[bytes]) -> Sequence[bytes]:
        """Apply `fn` to each batch, results in order."""
        return [fn(batch) for batch in batches]


def _in_child(fn: Callable[[bytes], bytes], share: Sequence[int], batches: Sequence[bytes]) -> dict[int, bytes]:
    environment = {**os.environ, **dict.fromkeys(_ONE_THREAD, "1")}
    command = [sys.executable, "-m", "trivet.engines.child", fn.__module__, fn.__qualname__]
    with (
        TemporaryFile() as words,
        subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=words, env=environment
        ) as child,
    ):
        try:
            return {number: _ask(child, batches[number]) for number in share}
        except (OSError, EOFError) as error:
            _end(child)
            raise Unavailable(
                f"a worker of {fn.__module__} ended without an answer: {_last_words(words)}. The plan is unchanged; "
                "run it again, and report this with the input if it repeats."
            ) from error


def _ask(child: subprocess.Popen[bytes], batch: bytes) -> bytes:
    if child.stdin is None or child.stdout is None:
        raise EOFError("the child has no pipes")
    write_frame(child.stdin, batch)
    answer = read_frame(child.stdout)
    if answer is None:
        raise EOFError("the child closed its pipe")
    return answer


def _end(child: subprocess.Popen[bytes]) -> None:
    """Let a failing child finish its last words; stop it when it does not end by itself."""
    if child.stdin is not None:
        with suppress(OSError):
            child.stdin.close()
    try:
        child.wait(timeout=10)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _last_words(words: IO[bytes]) -> str:
    words.seek(0)
    lines = words.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def write_frame(stream: IO[bytes], body: bytes) -> None:
    """Write one message: its length, then its bytes."""
    stream.write(_LENGTH.pack(len(body)))
    stream.write(body)
    stream.flush()


def read_frame(stream: IO[bytes]) -> bytes | None:
    """Read one message; None at the end of the stream, EOFError when it breaks off."""
    head = stream.read(_LENGTH.size)
    if not head:
        return None
    if len(head) < _LENGTH.size:
        raise EOFError("the stream breaks off in a length")
    length = _LENGTH.unpack(head)[0]
    body = stream.read(length)
    if len(body) < length:
        raise EOFError("the stream breaks off in a message")
    return body
