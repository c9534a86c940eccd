"""What a crowd wants, and whether what it got is right."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations

from bench.people import BUFFER_MINUTES

LENGTH = timedelta(hours=1)
BUFFER = timedelta(minutes=BUFFER_MINUTES)
HALF_AN_HOUR = timedelta(minutes=30)


@dataclass(frozen=True)
class Wish:
    """A session of an hour that one of the clients asks one of the coaches for, both by number."""

    client: int
    coach: int
    start: datetime

    def collides(self, other: "Wish") -> bool:
        """Whether the two take the same coach or the same client at the same time."""
        apart = abs(self.start - other.start)
        return (self.coach == other.coach and apart < LENGTH + BUFFER) or (
            self.client == other.client and apart < LENGTH
        )


@dataclass(frozen=True)
class Answer:
    wish: Wish
    status: int
    seconds: float


Errand = list[Wish]
"""What one client asks for, one after the other."""
Scene = Callable[[int, int, datetime], list[Errand]]
"""Of so many clients, with this coach and the next, on a day."""


def one_slot(clients: int, coach: int, day: datetime) -> list[Errand]:
    return [[Wish(client, coach, day)] for client in range(clients)]


def overlapping(clients: int, coach: int, day: datetime) -> list[Errand]:
    """Eight starts, half an hour apart."""
    return [[Wish(client, coach, day + client % 8 * HALF_AN_HOUR)] for client in range(clients)]


def crosswise(clients: int, coach: int, day: datetime) -> list[Errand]:
    """Both coaches at the same hour: every other client asks them the other way round."""
    both = coach, coach + 1
    return [[Wish(client, each, day) for each in both[:: (-1) ** client]] for client in range(clients)]


SCENES: dict[str, Scene] = {
    "on one slot": one_slot,
    "on overlapping slots": overlapping,
    "on two coaches crosswise": crosswise,
}


def wrongs(answers: Sequence[Answer]) -> Iterator[str]:
    """A sentence for each thing that must not be: every time is given to one, and none stays free."""
    won = [answer.wish for answer in answers if answer.status == 201]
    for answer in answers:
        if answer.status not in {201, 409}:
            yield f"an answer was {answer.status}"
        if answer.status == 409 and not any(answer.wish.collides(wish) for wish in won):
            yield f"{answer.wish} was refused and nobody got it"
    for one, other in combinations(won, 2):
        if one.collides(other):
            yield f"{one} and {other} were both given"
