"""Signs of life, what the operator is told, and what is kept no longer."""

from celery import shared_task
from redis import Redis

from app import idempotency
from app.admin import alert_mail
from app.coaches import listing, search
from app.config.settings import current_settings
from app.privacy import retention
from app.queue.enqueue import after_commit
from worker import Sweep


def leave_a_sign(sign: str) -> None:
    """For `flask doctor`, which waits for it to know that somebody works on a queue."""
    settings = current_settings()
    with Redis.from_url(settings.redis_url, socket_timeout=2, socket_connect_timeout=2) as redis:
        redis.set(sign, "here", ex=60)


for queue in ("events", "email", "schedule"):
    shared_task(name=f"{queue}.leave_a_sign")(leave_a_sign)


@shared_task(name="ops.tell_operator", base=Sweep)
def tell_operator() -> int:
    """What the operator was not told of yet; of how much the mail is that goes out now."""
    listing.note_waiting()
    return alert_mail.send_digest()


@shared_task(name="ops.forget_idempotency_keys", base=Sweep)
def forget_idempotency_keys() -> int:
    """Answers that were kept long enough; how many there were."""
    return idempotency.forget_old()


@shared_task(name="ops.forget_events", base=Sweep)
def forget_events() -> int:
    """Events that were kept long enough; how many there were this time."""
    return _all_of_them("ops.forget_events", retention.forget_events())


@shared_task(name="ops.forget_mails", base=Sweep)
def forget_mails() -> int:
    """Mails that were kept long enough; how many there were this time."""
    return _all_of_them("ops.forget_mails", retention.forget_mails())


@shared_task(name="ops.forget_troubles", base=Sweep)
def forget_troubles() -> int:
    """What was told long enough ago; how much there was this time."""
    return _all_of_them("ops.forget_troubles", retention.forget_troubles())


@shared_task(name="ops.forget_refused_sign_ins", base=Sweep)
def forget_refused_sign_ins() -> int:
    """Wrong passwords and codes that were kept long enough; of how many hours this time."""
    return _all_of_them("ops.forget_refused_sign_ins", retention.forget_refused_sign_ins())


@shared_task(name="ops.trim_events", base=Sweep)
def trim_events() -> int:
    """Events whose personal values were kept long enough; how many there were this time."""
    return _all_of_them("ops.trim_events", retention.trim_events())


@shared_task(name="ops.forget_evidence", base=Sweep)
def forget_evidence() -> int:
    """Decided disputes whose evidence was kept long enough; how many there were this time."""
    return _all_of_them("ops.forget_evidence", retention.forget_evidence())


@shared_task(name="ops.forget_words", base=Sweep)
def forget_words() -> int:
    """Mails that named somebody who is erased, and have left by now; how many there were this time."""
    return _all_of_them("ops.forget_words", retention.forget_words())


@shared_task(name="ops.forget_unpaid_holds", base=Sweep)
def forget_unpaid_holds() -> int:
    """Unpaid holds that count no longer for anything; how many there were this time."""
    return _all_of_them("ops.forget_unpaid_holds", retention.forget_unpaid_holds())


@shared_task(name="ops.correct_search_texts", base=Sweep)
def correct_search_texts() -> int:
    """Coaches who are not found by their name or headline as they are now; how many this time."""
    return _all_of_them("ops.correct_search_texts", search.correct_search_texts(retention.MOST))


def _all_of_them(task: str, found: int) -> int:
    if found == retention.MOST:
        after_commit(task)
    return found
