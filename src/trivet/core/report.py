"""What an import did, so that nobody has to trust it: read = loaded + merged + rejected, in rows, quantity and money.

Every choice that was made while reading (delimiter, encoding, decimal sign, order of dates, header
row) is kept with how it was decided, and every row that did not get in with its line, reason and advice.
"""

from dataclasses import dataclass
from decimal import Decimal

from trivet.core.issues import Issue, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Rows with their quantity and money: exact decimals in units and in the currency of the file."""

    rows: int = 0
    quantity: Decimal = Decimal(0)
    money: Decimal = Decimal(0)

    def __add__(self, other: "Sums") -> "Sums":
        """Add rows, quantities and money."""
        return Sums(
            rows=self.rows + other.rows, quantity=self.quantity + other.quantity, money=self.money + other.money
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Something decided while reading a file: `delimiter` is `;` because it cuts every line into 5 cells."""

    about: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A row that was not loaded.

    Attributes:
        row: line in the file, header lines counted, the first being 1.
        column: column at fault; empty when it is the row.
        value: what stands there.
        reason: what was found and what was expected.
        advice: the way out.
        text: the row as it stands in the file.
    """

    row: int
    column: str
    value: str
    reason: str
    advice: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableReport:
    """What happened to one file on its way into one table.

    Attributes:
        file: name of the file.
        table: table it feeds.
        read: rows taken up; blank rows and rows a rule of the mapping leaves out are counted apart.
        loaded: what stands in the table now (rows routed elsewhere included).
        merged: rows that fell together with another; with `add` their amounts are in `loaded`.
        rejected: rows that were not loaded.
        routed: table -> the part of `loaded` that went there instead (negative quantities: returns).
        left_out: rows a `where` rule of the mapping passes over.
        blank: empty rows and rows of commas only.
        choices: what was decided while reading, and why.
        sample: some decoded cells with letters outside ASCII, to see that the encoding is right.
        rejects: the rejected rows.
    """

    file: str
    table: str
    read: Sums
    loaded: Sums
    merged: Sums = Sums()
    rejected: Sums = Sums()
    routed: tuple[tuple[str, Sums], ...] = ()
    left_out: Sums = Sums()
    blank: int = 0
    choices: tuple[Choice, ...] = ()
    sample: tuple[str, ...] = ()
    rejects: tuple[Reject, ...] = ()

    @property
    def ties(self) -> bool:
        """Whether read = loaded + merged + rejected in rows, quantity and money."""
        return self.read == self.loaded + self.merged + self.rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did, file by file, and the problems it found."""

    tables: tuple[TableReport, ...]
    issues: tuple[Issue, ...]

    @property
    def ties(self) -> bool:
        """Whether every file ties."""
        return all(table.ties for table in self.tables)

    @property
    def refused(self) -> tuple[Issue, ...]:
        """Issues because of which nothing may be loaded."""
        return tuple(issue for issue in self.issues if issue.severity is Severity.REFUSED)
