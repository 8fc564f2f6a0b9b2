"""Where a use-case can be reached: command, route and page. Each use-case module says it once, as `DECLARED`.

tests/architecture/test_usecases.py checks what is declared against the shells that exist, so that no use-case is
left without a way in by accident, and no shell offers what planning does not know.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Shells:
    """The ways in to one use-case.

    Attributes:
        command: words after `trivet`, e.g. `plan`; None = no command.
        route: method and path of the web interface, e.g. `POST /v1/plans`; None = no route.
        page: path of the page that offers it, e.g. `/plan`; None = no page.
        why: why a way in is missing; needed when one of the three is None.
    """

    command: str | None = None
    route: str | None = None
    page: str | None = None
    why: str = ""

    def __post_init__(self) -> None:
        """Refuse a missing way in without a reason."""
        if not self.why and None in (self.command, self.route, self.page):
            raise ValueError("a use-case without command, route or page must say why: Shells(..., why='...')")
