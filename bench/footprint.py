"""How much memory the processes take, at first and after work, and how long they take to start."""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from uuid import uuid4

from redis import Redis
from sqlalchemy import func, select

from app.config.settings import Settings
from app.extensions import db
from app.payments.events.models import StripeEvent
from app.queue.enqueue import queue
from bench import asking, deliveries, letterbox, processes, starting, stops, system
from bench.arrivals import at_pace
from bench.findings import Finding, Limit, Series
from bench.letterbox import Letterbox
from bench.starting import Starter, Starts
from bench.system import System
from bench.web import migrated
from sandbox.servers import servers

REQUESTS = 1_000
A_SECOND = 200
"""More than is answered: nobody here counts how long it takes."""
MAILS_IN = 10
"""Every so many requests somebody registers, and gets a mail."""
PARTS = ("web", "worker", "mailer", "beat")
MEGABYTES = "MB"
PASSWORD = "correct horse battery"


def measure(rounds: int, requests: int) -> list[Finding]:
    """Ours and the bare ones started in turns; then the whole system before and after its work."""
    return [*_starts(rounds), *_after_work(requests)]


def _starts(rounds: int) -> Iterator[Finding]:
    kinds = {"web": starting.web, "worker": starting.worker}
    ours, bare = ({kind: Starts() for kind in kinds} for _ in range(2))
    with servers({}) as found:
        migrated(found)
        starter = Starter(found)
        for _ in range(rounds):
            for kind, start in kinds.items():
                start(starter, ours[kind], bare[kind])
    for kind, limit in {"web": "a bare Flask under gunicorn", "worker": "a bare Celery"}.items():
        yield _held_against(f"cold start of {kind}", "s", ours[kind].seconds, limit, bare[kind].seconds)
        if processes.is_counted():
            yield _held_against(
                f"memory of {kind}, all processes",
                MEGABYTES,
                ours[kind].megabytes,
                limit,
                bare[kind].megabytes,
            )


def _held_against(
    name: str, unit: str, measured: Sequence[float], limit: str, held_against: Sequence[float]
) -> Finding:
    return Finding("footprint", name, Series(measured, unit), Limit(limit, Series(held_against, unit)))


def _after_work(requests: int) -> Iterator[Finding]:
    if not processes.is_counted():
        print("Memory is not measured here: only Linux tells who has how much of it.")
        return
    with letterbox.open_letterbox() as box, system.running(box.port) as running:
        _wait_for_workers(running)
        before = _memory(running)
        _work(running, box, requests)
        after = _memory(running)
    for part in PARTS:
        name = f"memory of {part} after {requests:,} requests"
        yield _held_against(name, MEGABYTES, [after[part]], "after its start", [before[part]])


def _wait_for_workers(running: System) -> None:
    signs = {f"{name}.ping": f"sign {uuid4()}" for name in ("events", "email")}
    with queue.connection_for_write(running.redis_url) as broker, Redis.from_url(running.redis_url) as redis:
        for task, sign in signs.items():
            queue.send_task(task, args=[sign], connection=broker)
        starting.until(lambda: redis.exists(*signs.values()) == len(signs))


def _memory(running: System) -> dict[str, float]:
    return {part: starting.total(running.pids(part)) for part in PARTS}


def _work(running: System, box: Letterbox, requests: int) -> None:
    """Events of payments that are not ours, put on record and looked at; and people who register."""
    mails = len(box.arrived) + requests // MAILS_IN
    at_pace([*_deliveries(running, requests), *_registrations(running, requests // MAILS_IN)], A_SECOND)
    starting.until(
        lambda: len(box.arrived) == mails and _on_record(running) == requests and stops.is_at_rest(running)
    )


def _deliveries(running: System, count: int) -> Iterator[Callable[[], object]]:
    secret = Settings.load().stripe_webhook_secret[0]
    for payload in deliveries.paid_sessions(count):
        headers = {**asking.JSON, "Stripe-Signature": deliveries.signature(payload, secret)}
        yield partial(asking.ask, running.port, "POST", "/payment/webhook", headers, payload)


def _registrations(running: System, count: int) -> Iterator[Callable[[], object]]:
    register = partial(asking.ask_again, running.port, "POST", "/auth/register", asking.JSON)
    for number in range(count):
        person = {"email": f"{number}@example.com", "password": PASSWORD, "name": f"Number {number}"}
        yield partial(register, json.dumps(person))


def _on_record(running: System) -> int:
    with running.app.app_context():
        return db.session.scalar(select(func.count()).select_from(StripeEvent)) or 0
