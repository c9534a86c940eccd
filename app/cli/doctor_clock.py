"""Compares this machine's clock with the others'. Signatures, tokens and holds depend on it."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.cli.findings import Finding
from app.config.settings import Settings
from app.extensions import db
from app.payments.stripe import client as stripe_client
from app.payments.stripe import webhook_endpoints

TOLERANCE = 5
"""Tolerance in seconds. Stripe's signatures are valid for 300."""


def differences(settings: Settings) -> Iterator[Finding]:
    """A finding for each clock that differs. Other checks report unreachable services."""
    clocks: dict[str, Callable[[Settings], float | None]] = {
        "PostgreSQL": _of_postgres,
        "Redis": _of_redis,
        "Stripe": _of_stripe,
    }
    for name, read in clocks.items():
        asked = time.time()
        told = read(settings)
        if told is not None and (finding := _compared(name, told, asked, time.time())):
            yield finding


def _compared(name: str, told: float, asked: float, answered: float) -> Finding | None:
    """The difference between the clocks, allowing for the time between question and answer."""
    ahead = asked - told if told < asked else answered - told if told > answered else 0.0
    if abs(ahead) <= TOLERANCE:
        return None
    seen = f"this machine is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} {name}"
    return Finding("clock", seen, "Correct the wrong one, and synchronise both with NTP.")


def _of_postgres(_: Settings) -> float | None:
    try:
        found: datetime = db.session.execute(text("SELECT clock_timestamp()")).scalar_one()
    except SQLAlchemyError:
        return None
    finally:
        db.session.rollback()
    return found.timestamp()


def _of_redis(settings: Settings) -> float | None:
    try:
        with Redis.from_url(settings.redis_url, socket_timeout=2, socket_connect_timeout=2) as redis:
            seconds, microseconds = redis.time()
    except RedisError:
        return None
    return float(seconds) + float(microseconds) / 1_000_000


def _of_stripe(settings: Settings) -> float | None:
    """Stripe's clock from the Date header, in seconds. The sandbox's clock may be ahead on purpose."""
    if settings.uses_sandbox:
        return None
    try:
        return webhook_endpoints.server_time()
    except (stripe_client.StripeAway, stripe_client.StripeRefused):
        return None
