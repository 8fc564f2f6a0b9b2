"""The tree of errors: wrong calls only. Problems of a plan are `Issue` values, never exceptions.

TrivetError
├── InvalidInput    the call or the file is wrong: where, value, expected, advice
├── NotFound        a name that is not there; the message offers the nearest one
├── Conflict        somebody changed the same cells, or the thing is already published
├── NotPermitted    the person may not do this, or not now
└── Unavailable     a part that is needed is not here (database, engine, disk)
"""

from collections.abc import Sequence

from trivet.core.issues import Issue


class TrivetError(Exception):
    """Base of every error Trivet raises on purpose.

    Args:
        message: where + what was found with its value + what was expected + advice.
        issues: the single problems, when there are several.
    """

    def __init__(self, message: str, issues: Sequence[Issue] = ()) -> None:
        """Keep the message and the problems behind it."""
        super().__init__(message)
        self.message = message
        self.issues = tuple(issues)


class InvalidInput(TrivetError):  # noqa: N818 - a noun a planner understands
    """What was given can't be used."""


class NotFound(TrivetError):  # noqa: N818
    """A name that does not exist."""


class Conflict(TrivetError):  # noqa: N818
    """Somebody else was there first, or the thing is frozen."""


class NotPermitted(TrivetError):  # noqa: N818
    """The person or the moment does not allow it."""


class Unavailable(TrivetError):  # noqa: N818
    """A needed part is not here or does not answer."""
