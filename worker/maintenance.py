"""Tasks for heartbeats, alerts and retention."""

from celery import shared_task
from redis import Redis

from app import idempotency
from app.admin import alert_mail
from app.coaches import listing, search, slugs
from app.config.settings import current_settings
from app.privacy import retention
from app.queue.names import PINGS, TaskNames
from worker.task import PeriodicTask, PortionedTask


def ping(sign: str) -> None:
    """Answer `flask doctor`, which tests that a worker reads each queue."""
    settings = current_settings()
    with Redis.from_url(settings.redis_url, socket_timeout=2, socket_connect_timeout=2) as redis:
        redis.set(sign, "here", ex=60)


for task in PINGS.values():
    shared_task(name=task)(ping)


@shared_task(name=TaskNames.SEND_ALERTS, base=PeriodicTask)
def send_alerts() -> int:
    """Mail the operator all unsent alerts. Returns their number."""
    listing.note_waiting()
    return alert_mail.send_digest()


@shared_task(name=TaskNames.DELETE_IDEMPOTENCY_KEYS, base=PortionedTask, most=retention.MOST)
def delete_idempotency_keys() -> int:
    """Delete expired idempotency keys. Returns their number."""
    return idempotency.forget_old(retention.MOST)


@shared_task(name=TaskNames.DELETE_EVENTS, base=PortionedTask, most=retention.MOST)
def delete_events() -> int:
    """Delete expired events. Returns their number."""
    return retention.delete_events()


@shared_task(name=TaskNames.DELETE_EMAILS, base=PortionedTask, most=retention.MOST)
def delete_emails() -> int:
    """Delete expired mails. Returns their number."""
    return retention.delete_emails()


@shared_task(name=TaskNames.DELETE_ALERTS, base=PortionedTask, most=retention.MOST)
def delete_alerts() -> int:
    """Delete old alerts that were mailed. Returns their number."""
    return retention.delete_alerts()


@shared_task(name=TaskNames.DELETE_REFUSED_SIGN_INS, base=PortionedTask, most=retention.MOST)
def delete_refused_sign_ins() -> int:
    """Delete expired records of refused sign-ins. Returns the number of hours."""
    return retention.delete_refused_sign_ins()


@shared_task(name=TaskNames.REDACT_EVENTS, base=PortionedTask, most=retention.MOST)
def redact_events() -> int:
    """Redact personal data in old events. Returns their number."""
    return retention.redact_events()


@shared_task(name=TaskNames.DELETE_EVIDENCE, base=PortionedTask, most=retention.MOST)
def delete_evidence() -> int:
    """Delete old evidence of decided disputes. Returns their number."""
    return retention.delete_evidence()


@shared_task(name=TaskNames.REDACT_EMAILS, base=PortionedTask, most=retention.MOST)
def redact_emails() -> int:
    """Delete the text of sent mails that name erased people. Returns their number."""
    return retention.redact_emails()


@shared_task(name=TaskNames.DELETE_UNPAID_HOLDS, base=PortionedTask, most=retention.MOST)
def delete_unpaid_holds() -> int:
    """Delete records of unpaid holds that no longer count. Returns their number."""
    return retention.delete_unpaid_holds()


@shared_task(name=TaskNames.CORRECT_SEARCH_TEXTS, base=PortionedTask, most=retention.MOST)
def correct_search_texts() -> int:
    """Correct outdated search texts of coaches, and name pages without a name. Returns the larger number."""
    return max(search.correct_search_texts(retention.MOST), slugs.take_missing(retention.MOST))
