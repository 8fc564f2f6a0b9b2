"""The projection agrees with hierarchicalforecast, an independent library, wherever that one can answer (no locks)."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.core.hierarchies import balanced, leaf_counts, summing_matrix
from trivet.core.ids import Rates
from trivet.core.projection import project
from trivet.core.tree import build_tree

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def oracle() -> Path:
    """Give the Python of the environment `make accept` builds from oracle.lock."""
    python = ROOT / ".venv-oracle" / "bin" / "python"
    if not python.exists():
        pytest.skip("no .venv-oracle: make accept builds it")
    return python


@pytest.fixture(scope="session")
def answers(oracle: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Rates, dict[str, Rates]]:
    """Reconcile one hierarchy of 121 nodes and 6 buckets, some forecasts far off, with the oracle."""
    folder = tmp_path_factory.mktemp("oracle")
    parents = balanced(4, 5, 5)
    noise = np.random.default_rng(11)
    forecasts = noise.gamma(1.5, 20.0, (len(parents), 6)) * leaf_counts(parents)[:, None] * noise.uniform(0.6, 1.4)
    np.savez(folder / "in.npz", summing=summing_matrix(parents), forecasts=forecasts)
    script = Path(__file__).with_name("hierarchical_oracle.py")
    subprocess.run([oracle, script, folder / "in.npz", folder / "out.npz"], check=True, timeout=120)
    return forecasts, dict(np.load(folder / "out.npz"))


@pytest.mark.parametrize("method", ["wls_struct", "ols"])
def test_the_projection_is_the_one_of_the_library(answers: tuple[Rates, dict[str, Rates]], method: str) -> None:
    forecasts, expected = answers
    parents = balanced(4, 5, 5)
    variance = leaf_counts(parents) if method == "wls_struct" else np.ones(len(parents))
    ours = project(build_tree(parents), forecasts, variance, non_negative=False)
    assert ours.values is not None
    np.testing.assert_allclose(ours.values, expected[method], rtol=0, atol=1e-6)


def test_held_at_zero_it_is_no_farther_from_the_forecasts_than_the_librarys_programme(
    answers: tuple[Rates, dict[str, Rates]],
) -> None:
    forecasts, expected = answers
    parents = balanced(4, 5, 5)
    variance = leaf_counts(parents)
    ours = project(build_tree(parents), forecasts, variance).values
    assert ours is not None

    def distance(values: Rates) -> Rates:
        found: Rates = ((values - forecasts) ** 2 / variance[:, None]).sum(axis=0)
        return found

    freely = project(build_tree(parents), forecasts, variance, non_negative=False).values
    assert freely is not None
    assert freely.min() < 0  # so that holding at zero is tried at all
    assert ours.min() >= -1e-9
    np.testing.assert_array_less(distance(ours), distance(np.maximum(expected["non_negative"], 0)) * (1 + 1e-6))
    np.testing.assert_allclose(distance(ours), distance(expected["non_negative"]), rtol=1e-3)
