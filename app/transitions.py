"""Changes of status: a table lists which status may follow which."""

from collections.abc import Mapping, Set
from enum import StrEnum
from typing import TypeVar

State = TypeVar("State", bound=StrEnum)


class IllegalTransition(Exception):
    """A status may not follow the one before it."""


def check(what: str, table: Mapping[State, Set[State]], before: State, after: State) -> None:
    """Raises IllegalTransition unless the table lists it; `what` names the row, such as "a booking"."""
    if after not in table[before]:
        raise IllegalTransition(f"{what} that is {before} cannot become {after}")


def sources(table: Mapping[State, Set[State]], after: State) -> list[State]:
    """The statuses that this one may follow."""
    return [before for before, allowed in table.items() if after in allowed]
