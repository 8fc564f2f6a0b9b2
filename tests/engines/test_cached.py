"""A remembered forecast is the same one, and only of the same question to the same engine."""

from dataclasses import dataclass, field

import numpy as np

from trivet.core.ids import Counts, Digest, Rates
from trivet.engines.cached import Cached


@dataclass
class Memory:
    kept: dict[Digest, bytes] = field(default_factory=dict)

    def get(self, recipe: Digest) -> bytes | None:
        return self.kept.get(recipe)

    def put(self, recipe: Digest, body: bytes) -> None:
        self.kept[recipe] = body


@dataclass
class Counting:
    name: str = "mean 1"
    asked: int = 0

    def train(self, history: Rates, first: Counts, season: int) -> bytes:
        return f"{history.shape} {first.tolist()} {season}".encode()

    def predict(self, history: Rates, first: Counts, season: int, horizon: int, trained: bytes = b"") -> Rates:
        del first, season, trained
        self.asked += 1
        return np.repeat(history.mean(axis=1, keepdims=True), horizon, axis=1)


HISTORY = np.array([[1.0, 2.0, 4.0], [3.0, 3.0, 3.0]])
FIRST = np.array([0, 1])


def test_the_same_question_is_worked_out_once() -> None:
    engine, memory = Counting(), Memory()
    cached = Cached(forecaster=engine, stages=memory)
    one = cached.predict(HISTORY, FIRST, 12, 4)
    other = Cached(forecaster=engine, stages=memory).predict(HISTORY.copy(), FIRST, 12, 4)
    assert engine.asked == 1
    assert np.array_equal(one, other)
    assert other.flags.writeable


def test_another_history_first_bucket_horizon_or_engine_is_worked_out_anew() -> None:
    engine, memory = Counting(), Memory()
    cached = Cached(forecaster=engine, stages=memory)
    cached.predict(HISTORY, FIRST, 12, 4)
    cached.predict(HISTORY + 1e-9, FIRST, 12, 4)
    cached.predict(HISTORY, FIRST + 1, 12, 4)
    cached.predict(HISTORY, FIRST, 12, 5)
    engine.name = "mean 2"
    cached.predict(HISTORY, FIRST, 12, 4)
    assert engine.asked == 5
    cached.predict(HISTORY, FIRST, 12, 4, b"another model")
    assert engine.asked == 6
    assert cached.train(HISTORY, FIRST, 12) == engine.train(HISTORY, FIRST, 12)


def test_a_body_that_does_not_fit_is_not_believed() -> None:
    engine, memory = Counting(), Memory()
    cached = Cached(forecaster=engine, stages=memory)
    cached.predict(HISTORY, FIRST, 12, 4)
    memory.kept = {recipe: body[:-8] for recipe, body in memory.kept.items()}
    assert np.array_equal(cached.predict(HISTORY, FIRST, 12, 4), engine.predict(HISTORY, FIRST, 12, 4))
