"""What runs inside a child process of the executor: read a batch, apply the function, write the answer.

Started as `python -m trivet.engines.child MODULE FUNCTION`; anything printed goes to the error stream, so that the
answers stay clean.
"""

import os
import sys
from importlib import import_module

from trivet.engines.processes import read_frame, write_frame


def serve(module: str, function: str) -> None:
    """Answer batches from standard input until it ends."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        work = getattr(import_module(module), function)
        while (batch := read_frame(sys.stdin.buffer)) is not None:
            write_frame(answers, work(batch))


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2])
