"""`flask demo --reset`: the application and the sandbox forget everything together and still agree."""

import click
import httpx
from kombu.exceptions import KombuError
from redis.exceptions import RedisError
from sqlalchemy import text

from app.config.environment import Environment
from app.config.settings import Settings
from app.extensions import Base, db
from app.queue.enqueue import queue

PATIENCE_SECONDS = 30
LOCK_SECONDS = 10


class NotInTheSandbox(click.ClickException):
    """Only books that the sandbox's Stripe belongs to are for forgetting."""


class Away(click.ClickException):
    """Something that is to forget does not answer, so nothing more is forgotten; the same command goes on."""


def check(settings: Settings) -> None:
    """Raises NotInTheSandbox where real people, or a real Stripe, remember."""
    if settings.app_env is Environment.PRODUCTION or not settings.uses_sandbox:
        raise NotInTheSandbox(
            "--reset forgets everything: only with STRIPE_SECRET_KEY=sk_test_sandbox, never in production"
        )


def forget_everything(settings: Settings) -> None:
    """Empty the sandbox's Stripe, the task queue and every table, in this order.

    Stripe first, so that it sends no event of what the tables then know nothing of; jobs under way find no
    row. Doing it again does no harm. Raises Away.
    """
    _reset_stripe(settings.sandbox_stripe_url)
    _purge_queues()
    _empty_tables()


def _reset_stripe(url: str) -> None:
    try:
        httpx.post(f"{url}/_sandbox/reset", timeout=PATIENCE_SECONDS).raise_for_status()
    except httpx.HTTPError as error:
        raise Away(
            f"The sandbox's Stripe at {url} does not answer ({error}): start `make run` in another terminal"
        ) from None


def _purge_queues() -> None:
    try:
        queue.control.purge()
    except (KombuError, RedisError, OSError) as error:
        raise Away(f"The task queue does not answer ({error}): correct REDIS_URL, or BROKER_URL") from None


def _empty_tables() -> None:
    """Records refuse to be emptied, by triggers that only the tables' owner can set aside."""
    tables = [f'"{name}"' for name in Base.metadata.tables]
    db.session.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
    db.session.execute(text(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE"))
    for table in tables:
        db.session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    db.session.execute(text(f"TRUNCATE {', '.join(tables)} CASCADE"))
    for table in tables:
        db.session.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
