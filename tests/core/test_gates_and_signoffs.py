"""Gates a company demands, and sign-offs as the log has them."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from trivet.core.company import parse_company
from trivet.core.dimensions import Rename
from trivet.core.entries import Change, Entry, Logged, Operation, RecordChange
from trivet.core.errors import InvalidInput
from trivet.core.gates import Gate, GateName, parse_gates
from trivet.core.ids import ActorId, Digest, MeasureId, ScenarioId, Seq
from trivet.core.records import Stamp
from trivet.core.renames import Renames
from trivet.core.signoffs import BESIDE, CONSENSUS, OWNERS, Signed, about_numbers, is_beside, read_signoffs
from trivet.workspace.registries import signoff_specs, table_specs

COMPANY = '[company]\nname = "T"\ncurrency = "EUR"\n[time]\nfirst_bucket = "2026-01"\ncycle = "2026-03"\n'
BUCKETS = parse_company(COMPANY).buckets()


def log(*entries: Entry) -> tuple[Logged, ...]:
    return tuple(
        Logged(
            scenario=ScenarioId("main"),
            seq=Seq(number),
            base=Digest("b"),
            entry=entry,
            stamp=Stamp(
                actor=ActorId(f"p{number}"), at=datetime(2026, 3, number, tzinfo=UTC), source="test", group="g"
            ),
            effects=(),
        )
        for number, entry in enumerate(entries, start=1)
    )


def owner(finding: str, after: dict[str, str] | None, *, withdraws: int | None = None) -> RecordChange:
    return RecordChange(
        table=OWNERS,
        key=(("finding", finding),),
        after=None if after is None else tuple(after.items()),
        reason="why",
        withdraws=None if withdraws is None else Seq(withdraws),
    )


def read(*entries: Entry, table: str = OWNERS, renames: Renames | None = None) -> tuple[Signed, ...]:
    return read_signoffs(log(*entries), signoff_specs()[table], BUCKETS, renames or {})


def test_no_gate_is_demanded_unless_the_company_says_so() -> None:
    assert parse_company(COMPANY).gates == frozenset()
    assert parse_company(f'{COMPANY}[gates]\ndemanded = ["data"]\n').gates == {GateName.DATA}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"demand": []}, "unknown key 'demand'; known is demanded"),
        ({"demanded": "data"}, "demanded is 'data'; expected a list of data, consensus"),
        ({"demanded": ["money"]}, r"demanded is \['money'\]; expected a list of data, consensus"),
    ],
)
def test_gates_nobody_knows_are_refused(given: dict[str, object], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        parse_gates(given)


def test_only_a_demanded_gate_with_something_open_holds_back_until_it_is_waived() -> None:
    open_ = Gate(name=GateName.DATA, demanded=True, passed=3, open=("x",))
    assert open_.holds_back
    waived = open_.waive(actor="clara", reason="known")
    assert (waived.holds_back, waived.waived_by) == (False, "clara")
    told = Gate(name=GateName.DATA, demanded=False, passed=3, open=("x",))
    assert not told.holds_back
    assert told.waive(actor="clara", reason="known") == told


def test_the_tables_beside_the_numbers_are_those_of_the_file_and_no_company_folder_has_them() -> None:
    assert set(signoff_specs()) == set(BESIDE)
    assert not set(table_specs()) & BESIDE


def test_only_sign_offs_are_beside_the_numbers() -> None:
    change = Change(
        measure=MeasureId("consensus_demand"), operation=Operation.ADD, amount=Decimal(1), first=BUCKETS.current,
        last=BUCKETS.current,
    )  # fmt: skip
    price = RecordChange(table="prices", key=(), after=())
    entries = log(change, owner("a/b", {"owner": "kim"}), price)
    assert [is_beside(one.entry) for one in entries] == [False, True, False]
    assert [one.seq for one in about_numbers(entries)] == [1, 3]


def test_the_latest_row_of_a_key_counts_with_its_author_and_keeps_columns_it_does_not_name() -> None:
    found = read(owner("a/b", {"owner": "kim"}), owner("c/d", {"owner": "al"}), owner("a/b", {"due": "2026-04-01"}))
    assert [(one.row["finding"], one.row.get("owner"), one.by, one.seq) for one in found] == [
        ("c/d", "al", "p2", 2),
        ("a/b", "kim", "p3", 3),
    ]


def test_a_row_taken_away_or_withdrawn_no_longer_counts_and_may_come_back() -> None:
    first, gone = owner("a/b", {"owner": "kim"}), owner("a/b", None)
    assert read(first, gone) == ()
    (back,) = read(first, gone, owner("a/b", None, withdraws=2))
    assert back.by == "p1"
    assert read(first, owner("a/b", None, withdraws=1)) == ()


def test_a_family_that_was_renamed_keeps_its_approval() -> None:
    row = RecordChange(
        table=CONSENSUS, key=(("family", "Town"), ("cycle", "2026-03-01")),
        after=(("units", "12.5"), ("revenue", "3.25"), ("cells", "ab")),
    )  # fmt: skip
    renames = {"family": {"Town": Rename(old="Town", new="City", kind="renamed", reason="")}}
    (one,) = read(row, table=CONSENSUS, renames=renames)
    assert (one.row["family"], one.row["units"], one.row["revenue"]) == ("City", 12_500, 32_500)
