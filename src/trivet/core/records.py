"""Who did something, when and from where; and typed records people put into a plan."""

from dataclasses import dataclass
from datetime import datetime

from trivet.core.ids import ActorId


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Who, when, from where, and which entries belong together (one paste, one file).

    `at` is UTC.
    """

    actor: ActorId
    at: datetime
    source: str
    group: str
