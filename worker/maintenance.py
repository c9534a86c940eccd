"""Signs of life, what the operator is told, and what is kept no longer."""

from celery import shared_task
from redis import Redis

from app import idempotency
from app.admin import alert_mail
from app.coaches import listing, search
from app.config.settings import current_settings
from app.privacy import retention
from app.queue.names import PINGS, TaskNames
from worker.task import PeriodicTask, PortionedTask


def ping(sign: str) -> None:
    """For `flask doctor`, which waits for it to know that somebody works on a queue."""
    settings = current_settings()
    with Redis.from_url(settings.redis_url, socket_timeout=2, socket_connect_timeout=2) as redis:
        redis.set(sign, "here", ex=60)


for task in PINGS.values():
    shared_task(name=task)(ping)


@shared_task(name=TaskNames.SEND_ALERTS, base=PeriodicTask)
def send_alerts() -> int:
    """What the operator was not told of yet; of how much the mail is that goes out now."""
    listing.note_waiting()
    return alert_mail.send_digest()


@shared_task(name=TaskNames.DELETE_IDEMPOTENCY_KEYS, base=PeriodicTask)
def delete_idempotency_keys() -> int:
    """Answers that were kept long enough; how many there were."""
    return idempotency.forget_old()


@shared_task(name=TaskNames.DELETE_EVENTS, base=PortionedTask)
def delete_events() -> int:
    """Events that were kept long enough; how many there were this time."""
    return retention.delete_events()


@shared_task(name=TaskNames.DELETE_EMAILS, base=PortionedTask)
def delete_emails() -> int:
    """Mails that were kept long enough; how many there were this time."""
    return retention.delete_emails()


@shared_task(name=TaskNames.DELETE_ALERTS, base=PortionedTask)
def delete_alerts() -> int:
    """What was told long enough ago; how much there was this time."""
    return retention.delete_alerts()


@shared_task(name=TaskNames.DELETE_REFUSED_SIGN_INS, base=PortionedTask)
def delete_refused_sign_ins() -> int:
    """Wrong passwords and codes that were kept long enough; of how many hours this time."""
    return retention.delete_refused_sign_ins()


@shared_task(name=TaskNames.REDACT_EVENTS, base=PortionedTask)
def redact_events() -> int:
    """Events whose personal values were kept long enough; how many there were this time."""
    return retention.redact_events()


@shared_task(name=TaskNames.DELETE_EVIDENCE, base=PortionedTask)
def delete_evidence() -> int:
    """Decided disputes whose evidence was kept long enough; how many there were this time."""
    return retention.delete_evidence()


@shared_task(name=TaskNames.REDACT_EMAILS, base=PortionedTask)
def redact_emails() -> int:
    """Mails that named somebody who is erased, and have left by now; how many there were this time."""
    return retention.redact_emails()


@shared_task(name=TaskNames.DELETE_UNPAID_HOLDS, base=PortionedTask)
def delete_unpaid_holds() -> int:
    """Unpaid holds that count no longer for anything; how many there were this time."""
    return retention.delete_unpaid_holds()


@shared_task(name=TaskNames.CORRECT_SEARCH_TEXTS, base=PortionedTask)
def correct_search_texts() -> int:
    """Coaches who are not found by their name or headline as they are now; how many this time."""
    return search.correct_search_texts(retention.MOST)
