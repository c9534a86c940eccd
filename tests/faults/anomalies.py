"""Two of what should be one, an event that nobody can apply, and clocks that jump."""

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import httpx
import stripe
from sqlalchemy import text

from app.payments.webhook import inbox
from tests.environment import WEBHOOK_SECRET
from tests.faults import external_state, killed_processes
from tests.faults.fault import Fault, Scene
from tests.faults.process import Part
from tests.faults.quiescence import let_pauses_run_out
from tests.faults.system import System
from tests.waiting import wait_until

AT_ONCE = 6
SECONDS = 6.0
"""How long two beats run, and a clock is off."""
JUMPS = (600, -240, 0)
"""Seconds that our clocks are off, one after the other."""


def two_beats(scene: Scene) -> None:
    """As while a new release starts before the old one has ended."""
    beat = scene.system.beat
    second = Part("beat-2", shlex.join(beat.command), beat.environ, scene.system.folder / "beat-2.log")
    second.start()
    scene.let_trade(SECONDS)
    second.kill()


def same_event_at_once(scene: Scene) -> None:
    """Each delivered several times at the same instant, so that both workers have it in their hands."""
    sandbox = scene.system.sandbox
    sandbox.control("/deliveries/rule", mode="hold")
    held = wait_until(lambda: _held(scene.system), 60)
    answers = sandbox.control("/deliver", events=held, times=AT_ONCE, concurrently=True)["answers"]
    sandbox.control("/deliveries/rule", mode="normal")
    sandbox.control("/deliveries/release")
    assert {answer["status"] for answer in answers} == {200}


def _held(system: System) -> list[str]:
    deliveries = external_state.deliveries(system.sandbox)
    held = [event for event, tries in deliveries.items() if tries[0]["state"] == "held"]
    return held if len(held) >= 4 else []


def poison(scene: Scene) -> None:
    """An event that raises each time is tried again, ends as failed, and the operator is told once."""
    event_id = f"evt_poison{uuid4().hex}"
    _change(scene.system, RAISES_EACH_TIME)
    _deliver(scene.system.url, event_id)
    assert wait_until(lambda: _of(scene.system, event_id), 60) == "received"
    _age(scene.system, event_id)
    wait_until(lambda: _is_failed(scene.system, event_id), 60, every=0.5)
    told = f"SELECT count(*) FROM trouble WHERE kind = 'stripe_event' AND subject_id = '{event_id}'"
    assert scene.system.count(told) == 1
    _change(scene.system, "DROP FUNCTION poison CASCADE")
    _discard(scene.system, event_id)


RAISES_EACH_TIME = """
CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'poison'; END $$;
CREATE TRIGGER poison BEFORE UPDATE ON stripe_event FOR EACH ROW
WHEN (starts_with(NEW.id, 'evt_poison') AND NEW.status IN ('processed', 'ignored')) EXECUTE FUNCTION poison()
"""
"""A database that refuses to keep that such an event was applied."""


def _change(system: System, statement: str) -> None:
    with system.database.begin() as rows:
        rows.execute(text(statement))


def _deliver(url: str, event_id: str) -> None:
    event = {"id": event_id, "type": "payment_intent.succeeded", "livemode": False}
    body = json.dumps(event | {"data": {"object": {"object": "payment_intent", "id": "pi_of_nobody"}}})
    signature = stripe.WebhookSignature.generate_signature_header(body, WEBHOOK_SECRET)
    headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
    httpx.post(f"{url}/payment/webhook", content=body, headers=headers).raise_for_status()


def _of(system: System, event_id: str) -> str | None:
    with system.database.connect() as rows:
        look = text("SELECT status FROM stripe_event WHERE id = :id AND last_error IS NOT NULL")
        return rows.scalar(look, {"id": event_id})


def _discard(system: System, event_id: str) -> None:
    """As an operator does in the end."""
    with system.database.begin() as rows:
        rows.execute(text("UPDATE stripe_event SET status = 'ignored' WHERE id = :id"), {"id": event_id})


def _age(system: System, event_id: str) -> None:
    """Most of its tries are behind it; pauses between the last ones are hours."""
    with system.database.begin() as rows:
        age = text("UPDATE stripe_event SET attempts = :tried WHERE id = :id AND status = 'received'")
        rows.execute(age, {"tried": inbox.RETRIES.max_attempts - 2, "id": event_id})


def _is_failed(system: System, event_id: str) -> bool:
    let_pauses_run_out(system)
    return _of(system, event_id) == "failed"


def clock_jumps(scene: Scene) -> None:
    """Ten minutes ahead, four behind, and right again, while everything runs."""
    clock = scene.system.folder / "clock"
    clock.write_text("0")
    with _shifted(scene):
        for seconds in JUMPS:
            clock.write_text(str(seconds))
            scene.let_trade(SECONDS)


@contextmanager
def _shifted(scene: Scene) -> Iterator[None]:
    """All that is ours runs by a clock that we can move."""
    parts = [part for part in scene.system.parts.values() if part is not scene.system.beat]
    before = {part: (part.command, part.environ) for part in parts}
    for part in parts:
        part.command = [word for each in part.command for word in _by_our_clock(each)]
        part.environ = {**part.environ, "CLOCK_FILE": str(scene.system.folder / "clock")}
        part.terminate()
    wait_until(scene.system.is_ready, 60)
    try:
        yield
    finally:
        for part, (command, environ) in before.items():
            part.command, part.environ = command, environ
        killed_processes.everything_killed(scene)


def _by_our_clock(word: str) -> list[str]:
    return ["python", "-m", "tests.faults.shifted_clock", word] if word in {"celery", "gunicorn"} else [word]


TWO_BEATS = Fault("two beats", two_beats)
SAME_EVENT_AT_ONCE = Fault("both workers have the same event at the same instant", same_event_at_once)
POISON = Fault("an event that nobody can apply", poison)
CLOCK_JUMPS = Fault("our clocks jump", clock_jumps)

FAULTS = [
    TWO_BEATS,
    SAME_EVENT_AT_ONCE,
    POISON,
]
SLOW = [CLOCK_JUMPS]
