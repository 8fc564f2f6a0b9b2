"""Codes as people write them, matched as machines must: NFC, case folded, trimmed (also of NBSP).

The master's writing is kept; each other writing that matched it is reported, so that nobody wonders
why 'bk-09 ' and 'BK-09' became one item.
"""

import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

TOTAL_WORDS = frozenset(
    {"total", "totals", "grand total", "grand-total", "sub total", "subtotal", "sum", "summe", "gesamt"}
    | {"gesamtsumme", "totale", "total general", "total général", "totaal", "celkem", "itogo"}
)
"""What stands where a code should be in a row of sums: loading it would count everything twice."""


def match_key(text: str) -> str:
    r"""Give the form two writings of one code share.

    >>> match_key(" bk-09\u00a0") == match_key("BK-09")
    True
    """
    return unicodedata.normalize("NFC", " ".join(text.split())).casefold()


def tidy(text: str) -> str:
    """Give a code as it is kept: NFC, without blanks (NBSP too) at the ends, case as written."""
    return unicodedata.normalize("NFC", text).strip()


def nearest(text: str, known: Iterable[str]) -> str | None:
    """Give the known code most like `text`, if one is like it."""
    forms = {match_key(code): code for code in known}
    near = get_close_matches(match_key(text), list(forms), n=1, cutoff=0.6)
    return forms[near[0]] if near else None
