"""`trivet backtest`: the keys of the answer, figures by hand, and a clear line for every wrong file."""

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import trivet
from trivet.cli.main import run
from trivet.core.errors import InvalidInput
from trivet.engines.processes import LocalExecutor

SEASON = (62, 80, 125, 155, 155, 135, 110, 90, 85, 70, 60, 73)
KEYS = {
    "smape",
    "mase",
    "wape",
    "bias",
    "coverage_80",
    "coverage_95",
    "worse_than_seasonal_naive",
    "cpu_seconds_per_series",
    "n_series",
}


@dataclass(frozen=True, kw_only=True)
class Ended:
    code: int
    out: str
    err: str


Call = Callable[..., Ended]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Call:
    """Run the command line in a folder without a workspace."""
    monkeypatch.chdir(tmp_path)

    def ended(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["trivet", "backtest", *words])
        with pytest.raises(SystemExit) as stop:
            run()
        said = capsys.readouterr()
        return Ended(code=int(stop.value.code or 0), out=said.out, err=said.err)

    return ended


@pytest.fixture
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forecast in this process: a child needs seconds to import its libraries."""
    monkeypatch.setattr("trivet.usecases.backtest_series.ProcessExecutor", lambda **_: LocalExecutor())


def months(count: int) -> list[str]:
    return [f"{2020 + month // 12}-{month % 12 + 1:02d}" for month in range(count)]


def write(path: Path, rows: Iterable[tuple[str, str, str]], head: str = "series,bucket,quantity") -> Path:
    path.write_text("\n".join([head, *(",".join(row) for row in rows)]) + "\n", "utf-8")
    return path


def seasonal(name: str, count: int, size: float = 1.0) -> list[tuple[str, str, str]]:
    return [(name, bucket, f"{SEASON[at % 12] * size}") for at, bucket in enumerate(months(count))]


def naive_smape() -> float:
    return sum(200 * abs(73 - value) / (73 + value) for value in SEASON) / 12


def test_a_pure_season_is_forecast_without_a_workspace(call: Call, tmp_path: Path) -> None:
    write(tmp_path / "sold.csv", [*seasonal("A", 60), *seasonal("B", 48, 1000)])
    ended = call("sold.csv", "--season", "12", "--horizon", "12", "--json")
    assert ended.code == 0
    answer: dict[str, Any] = json.loads(ended.out)
    assert set(answer) == {*KEYS, "naive", "seasonal_naive", "issues"}
    assert set(answer["naive"]) == set(answer["seasonal_naive"]) == KEYS
    assert answer["n_series"] == 2
    assert answer["smape"] < 4
    assert abs(answer["bias"]) < 0.03
    assert answer["mase"] is None  # the season never changed: there is nothing to scale by
    assert answer["seasonal_naive"]["smape"] == 0
    assert answer["naive"]["smape"] == pytest.approx(naive_smape(), abs=1e-4)
    assert answer["cpu_seconds_per_series"] > 0
    assert not (tmp_path / "trivet-workspace").exists()


@pytest.mark.usefixtures("_here")
def test_order_of_rows_and_names_of_series_and_buckets_do_not_matter(tmp_path: Path) -> None:
    rows = [
        (f"S{number}", bucket, f"{float(quantity) * (1 + 0.01 * ((7 * number + at) % 11))}")
        for number in range(3)
        for at, (_, bucket, quantity) in enumerate(seasonal("A", 60))
    ]
    counted = [(f"Z{name}", str(months(60).index(bucket) + 13), quantity) for name, bucket, quantity in rows[::-1]]
    one = trivet.backtest_series(write(tmp_path / "a.csv", rows), horizon=6)
    other = trivet.backtest_series(write(tmp_path / "b.csv", counted), horizon=6)
    assert one.mase is not None
    for name in KEYS - {"cpu_seconds_per_series"}:
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-6)


@pytest.mark.usefixtures("_here")
def test_more_origins_are_averaged_and_people_get_a_table(call: Call, tmp_path: Path) -> None:
    write(tmp_path / "sold.csv", [*seasonal("A", 60), *seasonal("late", 9)])
    ended = call("sold.csv", "--horizon", "6", "--origins", "3")
    assert ended.code == 0
    assert "seasonal naive" in ended.out
    assert "MASE" in ended.out
    assert "1 series have less than 11 buckets and are not tested: late" in ended.out.replace("\n", " ")


GOOD = seasonal("A", 40)


def changed(row: int, cells: tuple[str, str, str]) -> list[tuple[str, str, str]]:
    return [*GOOD[: row - 2], cells, *GOOD[row - 1 :]]


WRONG = {
    "number": (changed(7, ("A", "2020-06", "many")), ("row 7 column 'quantity'", "'many' is no number", "write 0")),
    "infinite": (changed(7, ("A", "2020-06", "inf")), ("row 7 column 'quantity'", "'inf' is no number")),
    "empty": (changed(7, ("A", "2020-06", "")), ("row 7 column 'quantity'", "the cell is empty", "Write 0")),
    "bucket": (changed(7, ("A", "June", "5")), ("row 7 column 'bucket'", "'June' is no bucket", "ISO")),
    "twice": (changed(7, ("A", "2020-05", "5")), ("row 7 column 'bucket'", "'2020-05' of series 'A'", "row 6 already")),
    "gap": ([*GOOD[:5], *GOOD[7:]], ("row 7 column 'bucket'", "follows '2020-05' (row 6): 2 buckets are missing")),
    "cells": ([*GOOD, ("A", "2030-01", "5,6,7")], ("row 42", "the row has 5 cells, expected 3")),
    "short": (GOOD[:5], ("no series is long enough", "not tested: A")),
    "none": ([], ("no row below the header",)),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_ends_with_2_and_says_where_what_and_what_to_do(call: Call, tmp_path: Path, name: str) -> None:
    rows, told = WRONG[name]
    write(tmp_path / "sold.csv", rows)
    ended = call("sold.csv", "--json")
    assert ended.code == 2
    assert json.loads(ended.out)["issues"]
    assert "sold.csv" in ended.err
    assert "Traceback" not in ended.err
    assert [words for words in told if words not in ended.err] == []


def test_a_missing_column_names_what_is_there_and_the_nearest(call: Call, tmp_path: Path) -> None:
    write(tmp_path / "sold.csv", GOOD, head="series,bucket,quantities")
    ended = call("sold.csv")
    assert ended.code == 2
    assert "column 'quantity' is missing; the file has series, bucket, quantities" in ended.err
    assert "Maybe 'quantities'" in ended.err


def test_many_problems_are_counted_and_the_first_twenty_listed(tmp_path: Path) -> None:
    rows = [(name, bucket, "x") for name, bucket, _ in GOOD]
    with pytest.raises(InvalidInput, match="40 problems, the first 20 are") as stop:
        trivet.backtest_series(write(tmp_path / "sold.csv", rows))
    assert len(stop.value.issues) == 20
    assert stop.value.issues[0].place.row == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("none.csv",), "none.csv is no file"),
        (("sold.csv", "--season", "0"), "season is 0"),
        (("sold.csv", "--horizon", "-1"), "horizon is -1"),
        (("sold.csv", "--origins", "0"), "origins is 0"),
        (("sold.csv", "--mode", "slow"), "mode is 'slow', expected fast or full"),
    ],
)
def test_a_wrong_call_ends_with_2(call: Call, tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    write(tmp_path / "sold.csv", GOOD)
    ended = call(*words)
    assert ended.code == 2
    assert message in ended.err
