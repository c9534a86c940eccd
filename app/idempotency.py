"""The Idempotency-Key header: a repeated request gets the first answer and is not executed again.

After draft-ietf-httpapi-idempotency-key-header: another request under the same key is a 422, one still in
flight a 409. Only successes are kept: a refusal changed nothing, so the same key may try again.
"""

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

from flask import Response, current_app, g, request
from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    LargeBinary,
    Select,
    and_,
    delete,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app.config.settings import current_settings
from app.extensions import Base, db, now
from app.http.problems import Problem
from app.validation_errors import Fault

IN_FLIGHT_AT_MOST = timedelta(minutes=2)
"""After this, the key of an interrupted request is free again. No request takes as long."""

View = TypeVar("View", bound=Callable[..., Any])


class BadIdempotencyKey(Problem):
    status, slug, title = 422, "bad-idempotency-key", "Idempotency-Key not usable"
    meaning = "The Idempotency-Key is too short or too long, or was used for another request."
    remedy = (
        "Use a new key, such as a random UUID, for each new request, and the same key only to repeat one."
    )


class RequestInFlight(Problem):
    status, slug, title = 409, "request-in-flight", "Same request under way"
    meaning = "A request with the same Idempotency-Key is in progress."
    remedy = "Wait a second and repeat it under the same key: you get the answer of the first."


class AnswerNotKept(Problem):
    status, slug, title = 409, "answer-not-kept", "Answer is not kept"
    meaning = (
        "The request under this Idempotency-Key was done before. Its answer held a secret that is shown once"
        " only, or named a person who has erased the account."
    )
    remedy = "Look at how things stand. To have it done once more, send it with a new key."


class IdempotencyKey(Base):
    __tablename__ = "idempotency_key"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    """HMAC of method, path, query and body under SECRET_KEY, because a body may hold a password."""
    started_at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[int | None]
    """Status of the stored answer; None while the request is in progress."""
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Body of the stored answer; None if it held a secret, or words of an erased person."""


def idempotent(view: View) -> View:
    """Let callers send an Idempotency-Key with this route. Stands above `input`, below the route."""
    return _once(view, Response.get_data)


def idempotent_with_secret(view: View) -> View:
    """Like `idempotent`, for a route whose answer shows a secret once: the answer is not stored."""
    return _once(view, lambda _: None)


def _once(view: View, kept_body: Callable[[Response], bytes | None]) -> View:
    @wraps(view)
    def once(*args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return current_app.make_response(view(*args, **kwargs))
        if not 0 < len(key) <= 255:
            raise _bad_key("must have 1 to 255 characters")
        at, account_id = now(), g.account.id
        kept = _claim(account_id, key, at)
        return kept or _answer_and_keep(view, _is_ours(account_id, key, at), kept_body, args, kwargs)

    once.__dict__["is_idempotent"] = True
    return once  # type: ignore[return-value]


def _is_ours(account_id: UUID, key: str, at: datetime) -> ColumnElement[bool]:
    """The row as this request claimed it, unless another request has claimed it since."""
    mine = IdempotencyKey.account_id == account_id, IdempotencyKey.key == key
    return and_(*mine, IdempotencyKey.started_at == at)


def _answer_and_keep(
    view: Callable[..., Any],
    is_ours: ColumnElement[bool],
    kept_body: Callable[[Response], bytes | None],
    args: Any,
    kwargs: Any,
) -> Response:
    try:
        answer = current_app.make_response(view(*args, **kwargs))
        done = {"status": answer.status_code, "body": kept_body(answer)}
        keep = update(IdempotencyKey).where(is_ours).values(done).returning(IdempotencyKey.key)
        if db.session.scalar(keep) is None:  # another request took the key over: roll back
            raise _in_flight()
        db.session.commit()  # in the transaction of the request's own work
    except BaseException:
        db.session.rollback()
        db.session.execute(delete(IdempotencyKey).where(is_ours))
        db.session.commit()
        raise
    return answer


def _fingerprints() -> list[str]:
    """Fingerprints of the request under each of our keys. The first one is stored."""
    told = [request.method.encode(), request.full_path.encode(), request.get_data()]
    keys = (secret.get_secret_value() for secret in current_settings().secret_keys)
    return [hmac.digest(f"idempotency {key}".encode(), b"\n".join(told), "sha256").hex() for key in keys]


def _bad_key(wrong: str) -> BadIdempotencyKey:
    fault = Fault("Idempotency-Key", wrong)
    return BadIdempotencyKey(fault.sentence, errors=[{"pointer": fault.place, "detail": fault.sentence}])


def _claim(account_id: UUID, key: str, at: datetime) -> Response | None:
    """None if this request has claimed the key; the stored answer if it was done before.

    Raises BadIdempotencyKey for another request under this key, RequestInFlight for the same one in
    progress, AnswerNotKept for one whose answer is not stored.
    """
    fingerprints = _fingerprints()
    fresh = {"fingerprint": fingerprints[0], "started_at": at, "status": None, "body": None}
    given_up = or_(
        IdempotencyKey.started_at < at - _kept_for(),
        and_(IdempotencyKey.status.is_(None), IdempotencyKey.started_at < at - IN_FLIGHT_AT_MOST),
    )
    claimed = db.session.scalar(
        insert(IdempotencyKey)
        .values(account_id=account_id, key=key, **fresh)
        .on_conflict_do_update(index_elements=["account_id", "key"], set_=fresh, where=given_up)
        .returning(IdempotencyKey.key)
    )
    db.session.commit()
    if claimed:
        return None
    earlier = db.session.get(IdempotencyKey, (account_id, key), populate_existing=True)
    if earlier and earlier.fingerprint not in fingerprints:
        raise _bad_key("was used for another request: use a new one")
    if earlier is None or earlier.status is None:
        raise _in_flight()
    if earlier.body is None:
        raise AnswerNotKept(
            "The request under this Idempotency-Key was done, and its answer is not kept. Look at how things"
            " stand; to have it done once more, send it with a new key."
        )
    headers = {"Idempotent-Replayed": "true"}
    return Response(earlier.body, earlier.status, headers, content_type="application/json")


def _in_flight() -> RequestInFlight:
    return RequestInFlight(
        "The same request is in progress. Send it again in a moment.", {"Retry-After": "1"}
    )


def forget_old(most: int) -> int:
    """Delete expired keys, at most a given number, the oldest first. Returns their number."""
    started_at, names = IdempotencyKey.started_at, (IdempotencyKey.account_id, IdempotencyKey.key)
    found = select(*names).where(started_at < now() - _kept_for()).order_by(started_at).limit(most)
    # otherwise the planner may run the subquery once for each row
    oldest = found.with_for_update(skip_locked=True).cte("oldest").prefix_with("MATERIALIZED")
    old = delete(IdempotencyKey).where(tuple_(*names).in_(select(oldest)))
    return len(db.session.scalars(old.returning(IdempotencyKey.key)).all())


def forget_of(account_id: UUID) -> None:
    """Delete all answers stored for an account."""
    db.session.execute(delete(IdempotencyKey).where(IdempotencyKey.account_id == account_id))


def forget_answers_to(accounts: Select[UUID]) -> None:
    """Delete the answers stored for these accounts, but keep the record that their requests were done."""
    theirs = IdempotencyKey.account_id.in_(accounts), IdempotencyKey.body.is_not(None)
    db.session.execute(update(IdempotencyKey).where(*theirs).values(body=None))


def _kept_for() -> timedelta:
    settings = current_settings()
    return timedelta(hours=settings.idempotency_keys_kept_hours)
