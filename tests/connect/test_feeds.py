"""Feeds that end early or stop within a bucket are asked about; regular pauses and closed channels are not."""

from datetime import date, timedelta
from pathlib import Path

from tests.connect.folders import codes, issue, load
from trivet.connect.folder import FolderLoad

MARKETS = "market,channel\nDE,shop\nFR,web\n"


def months(market: str, *numbers: int) -> str:
    return "".join(f"BK-09,{market},{2025 + n // 12}-{n % 12 + 1:02d},10,20\n" for n in numbers)


def loaded(folder: Path, *parts: str) -> FolderLoad:
    orders = "item,market,bucket,quantity,value\n" + "".join(parts)
    return load(folder, {"markets.csv": MARKETS, "orders.csv": orders})


def with_lines(folder: Path, days: list[date]) -> FolderLoad:
    rows = "".join(f"{i},BK-09,DE,{day},1,2\n" for i, day in enumerate(days))
    return load(folder, {"order_lines.csv": f"order,item,market,ordered,quantity,value\n{rows}"})


def every_day(last: date, count: int = 200) -> list[date]:
    return [last - timedelta(days=i) for i in range(count)]


def test_channel_one_bucket_behind_is_asked_about(tmp_path: Path) -> None:
    found = issue(loaded(tmp_path / "a", months("DE", *range(21)), months("FR", *range(22))), "import.feed-ends")
    assert "channel 'shop' ends in 2026-09-01 while the others go on to 2026-10-01" in found.message
    assert "the closed bucket 2026-10-01 has no row" in found.message
    assert found.at_stake == 20


def test_channel_that_pauses_as_long_every_year_is_not(tmp_path: Path) -> None:
    pausing = months("DE", *(n for n in range(21) if n != 17))
    assert "import.feed-ends" not in codes(loaded(tmp_path / "a", pausing, months("FR", *range(22))))


def test_channel_silent_for_more_than_a_year_is_closed(tmp_path: Path) -> None:
    assert "import.feed-ends" not in codes(loaded(tmp_path / "a", months("DE", *range(8)), months("FR", *range(22))))


def test_whole_table_that_ends_early_is_one_question(tmp_path: Path) -> None:
    found = issue(loaded(tmp_path / "a", months("DE", *range(20)), months("FR", *range(20))), "import.feed-ends")
    assert found.message.startswith("the whole table ends in 2026-08-01: 2 closed buckets 2026-09-01 to 2026-10-01")


def test_lines_that_never_paused_are_partial_after_two_days(tmp_path: Path) -> None:
    found = issue(with_lines(tmp_path / "a", every_day(date(2026, 10, 29))), "import.partial-last-bucket")
    assert "2 days before it ends: it looks partial, 29 of 31 days" in found.message
    assert "import.partial-last-bucket" not in codes(with_lines(tmp_path / "b", every_day(date(2026, 10, 30))))


def test_lines_that_pause_on_weekends_are_not_partial_after_one(tmp_path: Path) -> None:
    workdays = [day for day in every_day(date(2026, 10, 29)) if day.weekday() < 5]
    assert "import.partial-last-bucket" not in codes(with_lines(tmp_path / "a", workdays))


def test_few_lines_prove_no_rhythm(tmp_path: Path) -> None:
    assert "import.partial-last-bucket" not in codes(with_lines(tmp_path / "a", every_day(date(2026, 10, 28), 10)))


def test_lines_that_end_buckets_ago_are_a_feed_that_ended(tmp_path: Path) -> None:
    found = issue(with_lines(tmp_path / "a", every_day(date(2026, 8, 20))), "import.feed-ends")
    assert (found.place.source, found.place.column, found.place.value) == ("order_lines", "ordered", "2026-09-01")
