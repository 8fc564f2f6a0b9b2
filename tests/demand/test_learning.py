"""What series teach each other: factors of levels, seasons to borrow, bounds that hold for sums."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from trivet.core.ids import Counts, Rates
from trivet.core.learned import Learned, Together, unpack
from trivet.core.options import ForecastMode
from trivet.demand.combined import combined_distance
from trivet.demand.learning import learn
from trivet.demand.statistical import Known, bare, forecast_known

SEASON = np.array([0.6, 0.8, 1.2, 1.5, 1.5, 1.3, 1.1, 0.9, 0.9, 0.8, 0.7, 0.7])


@dataclass(frozen=True)
class LastYear:
    """The mean of what is known of each place in the year; a sum is expected a tenth higher."""

    lift: float = 1.1
    above: float = 2_000.0
    name: str = "last year"

    def train(self, history: Rates, first: Counts, season: int) -> bytes:
        return f"{history.shape} {int(first.sum())} {season}".encode()

    def predict(self, history: Rates, first: Counts, season: int, horizon: int, trained: bytes = b"") -> Rates:
        assert trained
        years = [own[start:] for own, start in zip(history, first, strict=True)]
        found = np.stack(
            [[own[(step % season) - season :: -season].mean() for step in range(horizon)] for own in years]
        )
        large = history[:, -season:].mean(axis=1) > self.above
        return np.where(large[:, None], found * self.lift, found)


def company(families: int = 6, size: int = 8, common: float = 0.1, own: float = 0.2) -> Known:
    """Families of series with noise they share and noise of their own, 60 months, mean 100 each."""
    draw = np.random.default_rng(3)
    shared = np.repeat(draw.lognormal(0, common, (families, 60)), size, axis=0)
    values = 100 * np.tile(SEASON, 5) * shared * draw.lognormal(0, own, (families * size, 60))
    known = bare(values, np.zeros(families * size, dtype=np.int64), 12)
    names = np.array([f"F{row // size}" for row in range(families * size)], dtype=object)
    return replace(known, families=names)


def test_a_family_that_expects_more_than_its_parts_lifts_them() -> None:
    known = company(families=1, size=30)
    learned = learn(known, 12, LastYear())
    # the family says 1.1 times its parts, which are as sure together as it is: halfway
    np.testing.assert_allclose(learned.factors.mean(), 1.05, rtol=1e-3)
    flat = learn(known, 12, LastYear(lift=1.0))
    np.testing.assert_allclose(flat.factors, 1.0, atol=1e-6)


def test_series_nobody_knew_then_are_forecast_by_themselves() -> None:
    known = company()
    learned = learn(known, 12, LastYear())
    new = replace(known, keys=tuple(f"new {key}" for key in known.keys))
    found = forecast_known(new, learned, 12, LastYear())
    own = LastYear().predict(known.training.values, known.training.first, 12, 12, b"x")
    np.testing.assert_allclose(found.values, own)


def test_bare_series_have_no_levels_to_be_taught_by() -> None:
    values = np.tile(SEASON * 100, (4, 5))
    learned = learn(bare(values, np.zeros(4, dtype=np.int64), 12), 6, LastYear())
    assert (learned.factors == 1).all()
    assert learned.together == Together()


@pytest.mark.parametrize(("common", "least", "most"), [(0.0, 0.0, 0.1), (0.3, 0.3, 1.0)])
def test_errors_that_move_together_are_found(common: float, least: float, most: float) -> None:
    known = company(families=12, size=12, common=common)
    learned = learn(known, 12, LastYear(lift=1.0))
    assert least <= learned.together.family <= most
    assert learned.together.company <= 0.1


def test_nothing_is_said_of_bounds_where_nothing_could_be_missed() -> None:
    values = np.full((3, 2), 5.0)
    learned = learn(bare(values, np.zeros(3, dtype=np.int64), 12), 6, LastYear())
    assert learned.widths is None
    found = forecast_known(bare(values, np.zeros(3, dtype=np.int64), 12), learned, 6, LastYear())
    assert (found.values == 5.0).all()


def test_what_was_learned_survives_packing() -> None:
    learned = learn(company(), 12, LastYear())
    again = unpack(learned.pack())
    assert again.digest() == learned.digest()
    assert again.keys == learned.keys
    assert again.together == learned.together
    assert again.model == learned.model
    np.testing.assert_array_equal(again.factors, learned.factors)
    assert again.widths is not None
    none = Learned(
        model=b"", keys=(), factors=np.ones((0, 3)), seasons=np.ones((0, 12)), elders=np.zeros(0, np.int64), widths=None
    )
    assert unpack(none.pack()).widths is None
    assert none.digest() != learned.digest()


def test_distances_add_only_as_far_as_errors_move_together() -> None:
    parts = np.array([[3.0, 1.0], [4.0, 1.0]])
    np.testing.assert_allclose(combined_distance(parts, 0.0, axis=0), [5.0, np.sqrt(2)])
    np.testing.assert_allclose(combined_distance(parts, 1.0, axis=0), [7.0, 2.0])
    assert 5 < combined_distance(parts, 0.5, axis=0)[0] < 7


def test_a_series_is_known_earlier_as_it_was_known_then() -> None:
    known = company(families=1, size=2)
    then = known.before(6, np.array([1]))
    assert then.keys == (known.keys[1],)
    np.testing.assert_array_equal(then.training.values[0, 6:], known.training.values[1, :-6])
    assert then.training.first[0] == 6
    assert not then.training.known[0, :6].any()


def test_a_year_longer_than_two_needs_24_buckets_alone() -> None:
    values = np.concatenate([np.zeros((1, 20)), np.linspace(50, 90, 30)[None, :]], axis=1)
    known = bare(values, np.array([20]), 52)
    learned = learn(known, 4, LastYear(above=np.inf))
    assert learned.model
    short = bare(values[:, -20:], np.array([0]), 52)
    assert not learn(short, 4, LastYear()).model
    level = forecast_known(short, learn(short, 4, LastYear()), 4, LastYear()).values
    np.testing.assert_allclose(level, values[0, -6:].mean())


def test_modes_have_names_people_type() -> None:
    assert {str(mode) for mode in ForecastMode} == {"fast", "full"}
