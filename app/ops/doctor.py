"""`flask doctor`: what is wrong with this deployment, and what to do about it."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from kombu.exceptions import KombuError
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from app.config import Settings, current_settings
from app.emails import transport
from app.extensions import db
from app.jobs import BrokerAway, enqueue, ping_broker
from app.payments.gateway import account, api
from app.payments.inbox import SUBSCRIBED, SUBSCRIBED_OF_COACHES

WORKER_ANSWERS_WITHIN = 5
"""Seconds."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `remedy` says what to do, and is empty when all is well."""

    subject: str
    seen: str
    remedy: str = ""


def examine() -> Iterator[Finding]:
    """Look at everything we depend on, one finding after the other."""
    settings = current_settings()
    for look in (_database, _broker, _worker, stripe_key, _webhook, _smtp):
        yield look(settings)


def _database(_: Settings) -> Finding:
    try:
        logging.getLogger("alembic.runtime.migration").setLevel(logging.WARNING)
        with db.engine.connect() as connection:
            at = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        return Finding("database", _first_line(error), "Start PostgreSQL, or correct DATABASE_URL.")
    head = ScriptDirectory(str(Path(current_app.root_path).parent / "migrations")).get_current_head()
    if at != head:
        return Finding("database", f"at migration {at}, the code needs {head}", "Run: flask db upgrade")
    return Finding("database", f"answers, migrated to {at}")


def _broker(settings: Settings) -> Finding:
    variable = "BROKER_URL" if settings.broker_url else "REDIS_URL"
    try:
        ping_broker(settings)
    except (RedisError, KombuError, OSError) as error:
        return Finding("broker", _first_line(error), f"Start it, or correct {variable}.")
    return Finding("broker", "answers")


def _worker(settings: Settings) -> Finding:
    """Have a worker do a job, as a queue that takes messages proves nothing about who reads them."""
    signs = {queue: f"doctor:{queue}:{uuid4()}" for queue in ("events", "email", "schedule")}
    try:
        for queue, sign in signs.items():
            enqueue(f"{queue}.leave_a_sign", sign)
        with Redis.from_url(settings.redis_url, socket_timeout=2, socket_connect_timeout=2) as redis:
            _within(WORKER_ANSWERS_WITHIN, lambda: redis.exists(*signs.values()) == len(signs))
            idle = [queue for queue, sign in signs.items() if not redis.exists(sign)]
    except (BrokerAway, RedisError) as error:
        return Finding("worker", _first_line(error), "The broker comes first.")
    if idle:
        seen = f"no job done within {WORKER_ANSWERS_WITHIN} s on the queues {', '.join(idle)}"
        return Finding("worker", seen, "Start the Procfile's worker and mailer.")
    return Finding("worker", "all queues are worked on")


def stripe_key(settings: Settings) -> Finding:
    mode = "the sandbox" if settings.uses_sandbox else "live mode" if settings.livemode else "test mode"
    permit = (
        "Give the restricted key the permission that is named, in Stripe's dashboard, Developers > API keys."
    )
    try:
        name, missing = account.account_name(), account.missing_permissions()
    except api.KeyRefused as error:
        return Finding("Stripe", error.reason, f"Correct STRIPE_SECRET_KEY. {permit}")
    except api.StripeAway as error:
        return Finding("Stripe", error.detail, "Look at status.stripe.com and at STRIPE_SECRET_KEY.")
    except api.StripeRefused as error:
        return Finding("Stripe", str(error), permit)
    if missing:
        return Finding("Stripe", " ".join(missing), permit)
    return Finding("Stripe", f"{mode}, account {name}")


def _webhook(settings: Settings) -> Finding:
    url = f"{settings.public_url}/payment/webhook"
    create = f"Run: flask stripe create-webhook {url} and set STRIPE_WEBHOOK_SECRET to what it prints."
    try:
        ours = [endpoint for endpoint in account.webhook_endpoints() if endpoint.url == url]
    except (api.StripeAway, api.StripeRefused) as error:
        return Finding(
            "webhook", str(error), "Stripe comes first; a restricted key needs Webhook Endpoints: read."
        )
    if not ours:
        return Finding(
            "webhook", f"Stripe has no endpoint {url}", f"{create} On a laptop use `stripe listen`."
        )
    if not all(endpoint.enabled for endpoint in ours):
        return Finding(
            "webhook", "the endpoint is disabled", "Enable it in Stripe's dashboard, Developers > Webhooks."
        )
    return _told_by(ours, url, settings)


def _told_by(ours: Sequence[account.WebhookEndpoint], url: str, settings: Settings) -> Finding:
    """Whether these endpoints are sent all that we want to be told, and as we read it."""
    create = f"flask stripe create-webhook {url}"
    told = frozenset[str]().union(*(endpoint.events for endpoint in ours))
    if "*" not in told and (missing := SUBSCRIBED - told):
        return Finding(
            "webhook", f"events missing: {', '.join(sorted(missing))}", "Add them to the endpoint."
        )
    if "*" not in told and settings.stripe_connect and not told >= SUBSCRIBED_OF_COACHES:
        create = f"flask stripe create-connect-webhook {url}"
        remedy = f"Run: {create} and add to STRIPE_WEBHOOK_SECRET what it prints."
        return Finding("webhook", "Stripe does not tell of the coaches' own accounts", remedy)
    if others := {endpoint.api_version for endpoint in ours} - {api.API_VERSION}:
        seen = f"its events are written as of {others.pop() or 'the account default'}"
        remedy = f"Run: {create} and set STRIPE_WEBHOOK_SECRET to what it prints."
        return Finding("webhook", seen, f"It should be {api.API_VERSION}. {remedy}")
    return Finding("webhook", f"Stripe sends our events to {url}")


def _smtp(settings: Settings) -> Finding:
    where = f"{settings.smtp_host}:{settings.smtp_port}"
    try:
        transport.check()
    except transport.Unreachable as error:
        return Finding(
            "SMTP", f"{where}: {error}", "Correct SMTP_HOST, SMTP_PORT, SMTP_USER or SMTP_PASSWORD."
        )
    return Finding("SMTP", f"{where} takes our mail")


def _within(seconds: float, look: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not (seen := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return seen


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
