"""Edit, sign and publish in every order two sessions can meet: the edit is before the facts, or one is refused.

One session is stopped before each of its statements in turn; the other runs as far as the locks let it.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest
from sqlalchemy import event

from tests.store.sample import CERTIFICATE, MAIN, add, approve, keep, stamp, start
from trivet.core.errors import Conflict
from trivet.core.ids import VersionId
from trivet.store import Store, VersionState, open_store

Step = Callable[[Store, VersionId], object]
PATIENCE = 0.05
"""Seconds after which the other session counts as held up by a lock."""


def edit(store: Store, _version: VersionId) -> object:
    return add(store, who="bert")


def sign(store: Store, version: VersionId) -> object:
    return store.publish(version, CERTIFICATE, stamp("carl"))


def send_back(store: Store, version: VersionId) -> object:
    store.set_state(version, "draft", stamp("dora"))
    return None


class Pause:
    """Stops a session before its statement number `at`; `reached` tells that it stands there (or is through)."""

    def __init__(self, store: Store, at: int) -> None:
        self.count = 0
        self.at = at
        self.reached, self.go_on = threading.Event(), threading.Event()
        event.listen(store.engine, "before_cursor_execute", self.before)

    def before(self, *_: object) -> None:
        if self.count == self.at:
            self.reached.set()
            assert self.go_on.wait(20)
        self.count += 1


def meet(address: str, stopped: Step, other: Step, version: VersionId, at: int) -> tuple[list[Future[object]], bool]:
    """Run both, the first stopped before statement `at`; tell the outcomes, and whether it has that many."""
    one, two = open_store(address), open_store(address)
    pause = Pause(one, at)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(stopped, one, version)
        while not (pause.reached.wait(0.002) or first.done()):
            pass
        second = pool.submit(other, two, version)
        wait([second], PATIENCE)
        pause.go_on.set()
        wait([first, second], 30)
    one.close()
    two.close()
    return [first, second], pause.reached.is_set()


@pytest.mark.parametrize(("stopped", "other"), [(sign, edit), (edit, sign), (sign, sign), (sign, send_back)])
def test_whatever_the_order_facts_and_log_agree(address: str, stopped: Step, other: Step) -> None:
    store = open_store(address, create=True)
    snapshot = start(store)
    at, more = 0, True
    while more:
        version = keep(store, snapshot, at)
        approve(store, version)
        head = store.head(MAIN)
        outcomes, more = meet(address, stopped, other, version, at)
        errors = [outcome.exception() for outcome in outcomes]
        assert all(error is None or isinstance(error, Conflict) for error in errors), errors
        found = store.version(version)
        edited = store.head(MAIN) > head
        published = found.state is VersionState.PUBLISHED
        assert edited == (edit in (stopped, other)), "an edit is never refused by a signature"
        assert sum(error is None for error in errors) == edited + published + (found.state is VersionState.DRAFT)
        assert published or edited or found.state is VersionState.DRAFT
        if published and edited:  # then the edit came after: nothing that was published is missing
            assert found.seq == head
        at += 1
    assert at > 5
    assert [check for check in store.doctor() if not check.passed] == []
    store.close()
