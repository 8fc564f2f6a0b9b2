"""What an invariant said when it was checked on real data: in tests, by the doctor and at publish."""

from dataclasses import dataclass

from trivet.core.issues import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One invariant, checked.

    Attributes:
        name: its number and what must hold, e.g. `V5 published digests never change`.
        passed: whether it holds.
        checked: on how many things; 0 = there was nothing to check.
        failed: how many do not hold.
        message: what is wrong with its values, and the way out; empty when it holds.
        places: where, the first few.
    """

    name: str
    passed: bool
    checked: int
    failed: int
    message: str = ""
    places: tuple[Place, ...] = ()

    @property
    def words(self) -> str:
        """What must hold, without its number: that is for machines and manuals.

        >>> Check(name="V5 a published version never changes", passed=True, checked=1, failed=0).words
        'a published version never changes'
        """
        number, _, rest = self.name.partition(" ")
        return rest if number[:1] == "V" and number[1:].isdigit() else self.name
