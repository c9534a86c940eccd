"""Our own processes die, or are told to end, in the middle of their work."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import text

from sandbox.process_table import members_of
from tests.faults.fault import Fault, Scene
from tests.faults.system import System
from tests.waiting import wait_until

EVENTS_AT_WORK = (
    "SELECT count(*) FROM stripe_event WHERE status = 'received' AND due_at > now() + interval '1 min'"
)
HELD_UP = 2.0
"""Seconds that a row is kept from the workers: less than what they wait for a lock."""
ROUNDS = 20


def _in_the_middle_of_an_event(scene: Scene, blow: Callable[[], None]) -> None:
    """Strike while a worker has begun with an event and cannot end, as we hold the row that it needs."""
    for _ in range(ROUNDS):
        with scene.system.database.begin() as holding:
            holding.execute(text("SELECT FROM coach FOR NO KEY UPDATE"))
            if _seen_within(HELD_UP, lambda: scene.system.count(EVENTS_AT_WORK) > 0):
                blow()
                return
        scene.let_trade(0.5)
    raise AssertionError("no worker ever began with an event")


def _seen_within(seconds: float, look: Callable[[], bool]) -> bool:
    try:
        return wait_until(look, seconds)
    except AssertionError:
        return False


def child_killed(scene: Scene) -> None:
    def blow() -> None:
        for worker in scene.system.workers:
            worker.kill_children()

    _in_the_middle_of_an_event(scene, blow)


def worker_killed(scene: Scene) -> None:
    def blow() -> None:
        for worker in scene.system.workers:
            worker.kill()

    _in_the_middle_of_an_event(scene, blow)


def mailer_killed(scene: Scene) -> None:
    with mails_under_way(scene):
        scene.system.mailer.kill()
        _note_the_dead(scene.system)


@contextmanager
def mails_under_way(scene: Scene) -> Iterator[None]:
    """The server has taken a mail, and its sender does not know yet."""
    scene.system.sandbox.mail_fails(at="data", delay_seconds=3, times=2)
    wait_until(lambda: _mail_faults(scene.system) < 1, 60)
    yield


def _mail_faults(system: System) -> int:
    left = system.sandbox.http.get(f"{system.sandbox.mailbox_url}/_sandbox/faults").json()["items"]
    return sum(fault["times"] for fault in left)


def _note_the_dead(system: System) -> None:
    system.mailer_died = datetime.now(UTC)
    system.in_flight |= system.mails_in_flight()


def web_killed(scene: Scene) -> None:
    scene.system.web.kill()


def web_master_killed(scene: Scene) -> None:
    scene.system.web.kill_main()


def beat_killed(scene: Scene) -> None:
    """And nobody sees to what is forgotten until it is back."""
    scene.system.beat.kill()


def everything_killed(scene: Scene) -> None:
    for part in scene.system.parts.values():
        part.kill()
    _note_the_dead(scene.system)


def web_terminated(scene: Scene) -> None:
    """Whoever was let in is answered."""
    cut = len(scene.traffic.answers.cuts)
    scene.system.web.terminate()
    scene.let_trade(0.5)
    assert scene.traffic.answers.cuts[cut:] == []


def worker_terminated(scene: Scene) -> None:
    asked: list[int] = []
    worker = scene.system.workers[0]
    _in_the_middle_of_an_event(scene, lambda: asked.append(worker.ask_to_end()))
    wait_until(lambda: not members_of(asked[0]), 40)


def mailer_terminated(scene: Scene) -> None:
    scene.system.mailer.terminate()


def beat_terminated(scene: Scene) -> None:
    scene.system.beat.terminate()


def everything_terminated(scene: Scene) -> None:
    """As at a release: Heroku ends all dynos and starts others."""
    groups = [part.ask_to_end() for part in scene.system.parts.values()]
    wait_until(lambda: not any(members_of(group) for group in groups), 40)


CHILD_KILLED = Fault("a worker's child is killed in the middle of a job", child_killed)
WORKER_KILLED = Fault("both workers are killed in the middle of a job", worker_killed)
MAILER_KILLED = Fault("the mailer is killed while the mail server answers", mailer_killed)
WEB_KILLED = Fault("the web is killed", web_killed)
WEB_MASTER_KILLED = Fault("the web's main process is killed", web_master_killed)
BEAT_KILLED = Fault("beat is killed", beat_killed)
EVERYTHING_KILLED = Fault("all our processes are killed", everything_killed)
WEB_TOLD_TO_END = Fault("the web is told to end", web_terminated)
WORKER_TOLD_TO_END = Fault("a worker is told to end in the middle of a job", worker_terminated)
MAILER_TOLD_TO_END = Fault("the mailer is told to end", mailer_terminated)
BEAT_TOLD_TO_END = Fault("beat is told to end", beat_terminated)
EVERYTHING_TOLD_TO_END = Fault("all our processes are told to end", everything_terminated)

KILLS = [
    CHILD_KILLED,
    WORKER_KILLED,
    MAILER_KILLED,
    WEB_KILLED,
    WEB_MASTER_KILLED,
    BEAT_KILLED,
    EVERYTHING_KILLED,
]
ENDS = [
    WEB_TOLD_TO_END,
    WORKER_TOLD_TO_END,
    MAILER_TOLD_TO_END,
    BEAT_TOLD_TO_END,
    EVERYTHING_TOLD_TO_END,
]
