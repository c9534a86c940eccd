"""The pages that the header links to, for each role."""

from dataclasses import dataclass

from flask import request

from app.accounts.models import Account, Role


@dataclass(frozen=True)
class Link:
    label: str
    endpoint: str
    """Of a page without parameters."""
    icon: str

    @property
    def is_current(self) -> bool:
        """Whether the page, or one of the same room, is shown."""
        return (request.endpoint or "").partition(".")[0] == self.endpoint.partition(".")[0]


LINKS: dict[Role, tuple[Link, ...]] = {
    Role.CLIENT: (),
    Role.COACH: (),
    Role.ADMIN: (),
}
EVERYBODY = (Link("Coaches", "directory.show", "people"),)


def links(visitor: Account | None) -> tuple[Link, ...]:
    """The links of the header."""
    return EVERYBODY + (LINKS[visitor.role] if visitor else ())
