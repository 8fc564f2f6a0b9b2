"""A planner in a process of its own, to be killed: edits and publishes, and says what was acknowledged.

`python -m tests.store.writer ADDRESS NAME STEPS`. A line is written only after the store returned:
`entry SEQ AMOUNT`, `version ID DIGEST`, `published ID SEAL`.
"""

import sys

from tests.store.sample import CERTIFICATE, MAIN, approve, change, moves, plan, stamp
from trivet.core.errors import Conflict
from trivet.store import Store, open_store


def say(*words: object) -> None:
    sys.stdout.write(" ".join(str(word) for word in words) + "\n")
    sys.stdout.flush()


def work(store: Store, name: str, steps: int) -> None:
    for step in range(steps):
        amount = store.head(MAIN) * 1000 + step
        logged = store.append(
            MAIN, [change(amount)], stamp(name, step), seen=None, effects=moves((step % 3, 2), after=amount)
        )
        say("entry", logged[0].seq, amount)
        if step % 3 == 2:
            publish(store, logged[0].seq)


def publish(store: Store, seq: int) -> None:
    snapshot = store.scenario(MAIN).snapshot
    assert snapshot is not None
    made = plan(quantity=seq, inputs=f"in{seq}", series=400)
    try:
        version = store.put_version(MAIN, store.head(MAIN), made, snapshot, stamp())
        say("version", version, made.digest())
        approve(store, version)
        say("published", version, store.publish(version, CERTIFICATE, stamp()))
    except Conflict as conflict:  # another planner's entry came in between
        say("conflict", conflict.message.split()[0])


if __name__ == "__main__":
    opened = open_store(sys.argv[1])
    say("ready")
    work(opened, sys.argv[2], int(sys.argv[3]))
    opened.close()
