"""Hundreds of clients at once, through the web as it runs in production: who wins, and how long they wait."""

import json
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

from bench import asking, people
from bench.findings import AtMost, Finding, Series
from bench.kept import keep
from bench.people import Business, coach_id
from bench.scenes import LENGTH, SCENES, Answer, Errand, Scene, Wish, one_slot, wrongs
from bench.web import Web, running

CROWD = 200
LARGER_CROWD = 500
"""On one slot, that is."""
TIMES = 3
"""How often each scene is played, with other coaches each time."""
LONGEST = 2.0
"""Seconds that anybody may wait."""


@dataclass(frozen=True)
class Play:
    """A scene as it went, once or several times."""

    scene: str
    times: Sequence[Sequence[Answer]]
    has_an_aim: bool

    @property
    def answers(self) -> list[Answer]:
        return [answer for answers in self.times for answer in answers]

    @property
    def worst(self) -> float:
        return max(answer.seconds for answer in self.answers)

    @property
    def median(self) -> float:
        return statistics.median(answer.seconds for answer in self.answers)

    @property
    def won(self) -> list[int]:
        """How many got what they wanted, each time."""
        return [sum(answer.status == 201 for answer in answers) for answers in self.times]

    @property
    def statuses(self) -> dict[int, int]:
        return dict(Counter(answer.status for answer in self.answers))

    def found(self) -> dict[str, object]:
        """As it is kept."""
        waits = {"median_wait_s": round(self.median, 3), "worst_wait_s": round(self.worst, 3)}
        return {"won": self.won, "statuses": self.statuses, **waits}

    def line(self) -> str:
        """As it is told."""
        won = ", ".join(map(str, self.won))
        statuses = ", ".join(f"{count} x {status}" for status, count in sorted(self.statuses.items()))
        return f"{self.scene:<39}{won:>10}{statuses:>28}{self.median:>12.2f} s{self.worst:>7.2f} s"

    def finding(self) -> Finding:
        """The longest wait each time, and whatever must not have been."""
        worst = [max(answer.seconds for answer in answers) for answers in self.times]
        wrong = dict.fromkeys(each for answers in self.times for each in wrongs(answers))
        waits = Series(worst, "s")
        aim = AtMost(LONGEST) if self.has_an_aim else None
        return Finding("crowd", f"longest wait of {self.scene}", waits, aim=aim, wrongs=[*wrong])


def gather(crowd: int, folder: Path) -> list[Finding]:
    """Play every scene, print who won and how long all waited, keep it as JSON."""
    plays = _played(crowd)
    found = {play.scene: play.found() for play in plays}
    keep(folder, "crowd.json", found)
    print(f"\n{'many at once':<39}{'won':>10}{'statuses':>28}{'median wait':>14}{'worst':>9}")
    print("\n".join(play.line() for play in plays))
    return [play.finding() for play in plays]


def _scenes(crowd: int) -> Iterator[tuple[str, int, Scene]]:
    """Each with its name and how many play in it; the largest crowd wants one slot."""
    for scene, errands in SCENES.items():
        yield scene, min(crowd, CROWD), errands
    if crowd > CROWD:
        yield "on one slot", crowd, one_slot


def _played(crowd: int) -> list[Play]:
    today = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)
    scenes = list(_scenes(crowd))
    coaches = iter(range(0, 2 * TIMES * len(scenes), 2))
    plays = []
    with running() as web:
        badges = people.badges(web.app, Business(0, 2 * TIMES * len(scenes), crowd))
        for scene, clients, errands in scenes:
            days = [today + timedelta(days=7 + n) for n in range(TIMES)]
            times = [_at_once(web, badges, errands(clients, next(coaches), day)) for day in days]
            plays.append(Play(f"{clients} {scene}", times, clients <= CROWD))
    return plays


def _at_once(web: Web, badges: Sequence[str], errands: Sequence[Errand]) -> list[Answer]:
    start = Barrier(len(errands))

    def run(errand: Errand) -> list[Answer]:
        start.wait()
        return [_asked(web, badges[wish.client], wish) for wish in errand]

    with ThreadPoolExecutor(len(errands)) as pool:
        return [answer for answers in pool.map(run, errands) for answer in answers]


def _asked(web: Web, badge: str, wish: Wish) -> Answer:
    body = {
        "coach_id": str(coach_id(wish.coach)),
        "session_datetime": wish.start.isoformat(),
        "duration_minutes": LENGTH // timedelta(minutes=1),
    }
    started = time.perf_counter()
    with closing(web.connect()) as connection:
        connection.request("POST", "/booking", json.dumps(body), asking.signed_in(badge))
        answer = connection.getresponse()
        answer.read()
    return Answer(wish, answer.status, time.perf_counter() - started)
