"""PRACTICE check 2: the same recipe gives the same plan, whatever runs it; one quantum more gives another."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from trivet.connect.folder import read_folder
from trivet.core.ids import Digest
from trivet.core.options import PlanOptions
from trivet.engines.ensemble import Ensemble
from trivet.engines.highs import HighsSolver
from trivet.engines.processes import LocalExecutor, ProcessExecutor
from trivet.examples import bikes
from trivet.planning.inputs import build_inputs
from trivet.planning.make import make_plan
from trivet.workspace.registries import measure_registry, table_specs
from trivet.workspace.workspace import PlanEngines, quiet

Tables = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def tables() -> Tables:
    return dict(read_folder(bikes(), table_specs()).tables)


def planned(tables: Tables, forecaster: Ensemble | None = None) -> Digest:
    company = read_folder(bikes(), table_specs()).company
    inputs, _ = build_inputs(company, tables, table_specs(), measure_registry())
    engines = PlanEngines(
        forecaster=forecaster or Ensemble(executor=LocalExecutor()), solver=HighsSolver(), progress=quiet
    )
    return make_plan(inputs, (), PlanOptions(), engines).digest()


@pytest.fixture(scope="module")
def digest(tables: Tables) -> Digest:
    return planned(tables)


def test_shuffled_rows_give_the_same_plan(tables: Tables, digest: Digest) -> None:
    shuffled = {name: frame.sample(fraction=1.0, shuffle=True, seed=7) for name, frame in tables.items()}
    assert any(not frame.equals(tables[name]) for name, frame in shuffled.items())
    assert planned(shuffled) == digest


@pytest.mark.parametrize("batch", [1, 64])
def test_batches_do_not_matter(tables: Tables, digest: Digest, batch: int) -> None:
    assert planned(tables, Ensemble(executor=LocalExecutor(), batch=batch)) == digest


@pytest.mark.parametrize("workers", [1, 4])
def test_workers_do_not_matter(tables: Tables, digest: Digest, workers: int) -> None:
    assert planned(tables, Ensemble(executor=ProcessExecutor(workers=workers), batch=3)) == digest


@pytest.mark.parametrize("seed", ["0", "4711"])
def test_another_process_with_another_hash_seed_gives_the_same_plan(digest: Digest, seed: str) -> None:
    code = (
        "from tests.properties.test_plan_digest import planned, read_folder, bikes, table_specs;"
        "print(planned(dict(read_folder(bikes(), table_specs()).tables)))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": seed},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.strip().splitlines()[-1] == digest


@pytest.mark.parametrize("table", ["orders", "shipments", "stock_history"])
def test_one_quantum_more_gives_another_plan(tables: Tables, digest: Digest, table: str) -> None:
    frame = tables[table]
    quantity = frame["quantity"].to_numpy().copy()
    latest = int(np.argmax(frame["bucket"].to_numpy()))
    quantity[latest] += 1
    changed = {**tables, table: frame.with_columns(pl.Series("quantity", quantity))}
    assert planned(changed) != digest


def test_another_price_gives_another_plan(tables: Tables, digest: Digest) -> None:
    price = tables["prices"].with_columns(pl.col("price") + 1e-4)
    assert planned({**tables, "prices": price}) != digest


def test_options_are_part_of_the_recipe(tables: Tables) -> None:
    company = read_folder(bikes(), table_specs()).company
    inputs, _ = build_inputs(company, tables, table_specs(), measure_registry())
    engines = PlanEngines(forecaster=Ensemble(executor=LocalExecutor()), solver=HighsSolver(), progress=quiet)
    one = make_plan(inputs, (), PlanOptions(), engines)
    other = make_plan(inputs, (), replace(PlanOptions(), allow_overtime=False), engines)
    assert one.recipe.digest() != other.recipe.digest()
