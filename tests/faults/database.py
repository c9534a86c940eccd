"""PostgreSQL dies or stays away, and its locks collide."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from sqlalchemy import text

from tests.faults import external_state
from tests.faults.fault import Fault, Scene
from tests.faults.killed_processes import mails_under_way
from tests.faults.retrying_client import Caller
from tests.faults.system import System
from tests.faults.traffic import registered
from tests.people import next_week
from tests.waiting import wait_until

HOLD = text("SELECT FROM coach FOR NO KEY UPDATE")
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE {pid} = ANY (pg_blocking_pids(pid))"
GIVEN_UP = "the database aborted the transaction"
ROUNDS = 5
LONGER_THAN_THE_MAIL_SERVER_TAKES = 4.0
LONGER_THAN_A_LOCK_IS_WAITED_FOR = 4.0


def killed(scene: Scene) -> None:
    scene.system.postgres.kill()
    _start(scene.system)


def killed_while_a_mail_is_sent(scene: Scene) -> None:
    """Its yes is written down once the database is back, and the mail is not sent again."""
    with mails_under_way(scene):
        scene.system.postgres.kill()
    scene.let_trade(LONGER_THAN_THE_MAIL_SERVER_TAKES)
    _start(scene.system)


def restarted(scene: Scene) -> None:
    """In good order, which closes every connection."""
    scene.system.postgres.stop()
    _start(scene.system)


def _start(system: System) -> None:
    system.database_died = datetime.now(UTC)
    system.postgres.start()


def away_while_stripe_delivers(scene: Scene) -> None:
    """Every delivery is answered 200 all the same, and applied afterwards."""
    sandbox = scene.system.sandbox
    sandbox.control("/deliveries/rule", mode="hold")
    held = wait_until(lambda: _held(scene), 60)
    scene.system.postgres.kill()
    sandbox.control("/deliveries/rule", mode="normal")
    sandbox.control("/deliveries/release")
    wait_until(lambda: all(map(external_state.is_taken, _tries(scene, held))), 60)
    scene.let_trade(scene.away_seconds)
    answered = [external_state.answered(tries) for tries in _tries(scene, held)]
    _start(scene.system)
    assert all(set(statuses) == {200} for statuses in answered), answered


def _held(scene: Scene) -> set[str]:
    deliveries = external_state.deliveries(scene.system.sandbox)
    held = {event for event, tries in deliveries.items() if any(each["state"] == "held" for each in tries)}
    return held if len(held) >= 5 else set()


def _tries(scene: Scene, events: set[str]) -> list[list[external_state.Json]]:
    deliveries = external_state.deliveries(scene.system.sandbox)
    return [deliveries[event] for event in events]


def lock_timeout(scene: Scene) -> None:
    """Somebody holds every coach's row for longer than anybody waits."""
    with scene.system.database.begin() as holding:
        holding.execute(HOLD)
        scene.let_trade(LONGER_THAN_A_LOCK_IS_WAITED_FOR)


def deadlock(scene: Scene) -> None:
    """A booking locks its coach and wants its client; we have the client, and want the coach."""
    with Caller(scene.system.url, scene.traffic.answers) as http, ThreadPoolExecutor(1) as pool:
        client, coach = registered(http, "client"), registered(http, "coach").open_for_business()
        for hour in range(ROUNDS):
            given_up = scene.system.times_logged("web", GIVEN_UP)
            with scene.system.database.begin() as crossing:
                crossing.execute(text("SET LOCAL deadlock_timeout = '1min'"))
                crossing.execute(
                    text("SELECT FROM account WHERE id = :id FOR NO KEY UPDATE"), {"id": client.id}
                )
                asked = pool.submit(client.wish, coach, next_week(hour))
                waiting = WAITING.format(pid=crossing.scalar(text("SELECT pg_backend_pid()")))
                wait_until(lambda: scene.system.count(waiting), 30)  # noqa: B023 - called here and now
                crossing.execute(text("SELECT FROM coach WHERE id = :id FOR NO KEY UPDATE"), {"id": coach.id})
            answer = asked.result()
            assert answer.status_code == 201, answer.text
            booking = answer.json()
            scene.traffic.held[booking["id"]] = booking
            if scene.system.times_logged("web", GIVEN_UP) > given_up:
                return
            client.post(f"/booking/{booking['id']}/cancel", json={"reason": "came too late"})
    raise AssertionError("PostgreSQL never gave a transaction up")


KILLED = Fault("PostgreSQL is killed", killed, turns_away=True)
KILLED_WHILE_A_MAIL_IS_SENT = Fault(
    "PostgreSQL is killed while the mail server answers", killed_while_a_mail_is_sent, turns_away=True
)
RESTARTED = Fault("PostgreSQL is restarted", restarted, turns_away=True)
AWAY_WHILE_STRIPE_DELIVERS = Fault(
    "PostgreSQL is away while Stripe delivers", away_while_stripe_delivers, turns_away=True
)
DEADLOCK = Fault("two transactions lock crosswise", deadlock)
LOCK_TIMEOUT = Fault("a lock is held for too long", lock_timeout, turns_away=True)

FAULTS = [
    KILLED,
    KILLED_WHILE_A_MAIL_IS_SENT,
    RESTARTED,
    AWAY_WHILE_STRIPE_DELIVERS,
    DEADLOCK,
    LOCK_TIMEOUT,
]
