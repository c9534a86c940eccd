"""The Idempotency-Key header: the same request, sent again, is answered again and not done again.

After draft-ietf-httpapi-idempotency-key-header: another body under the same key is a 422, one still in flight
a 409. Only successes are kept: a refusal changed nothing, so the same key may try again.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

from flask import Response, current_app, request
from sqlalchemy import ForeignKey, LargeBinary, and_, delete, or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.access import current_account
from app.config import current_settings
from app.extensions import Base, db, now
from app.problems import Problem

IN_FLIGHT_AT_MOST = timedelta(minutes=2)
"""A request that was cut down half-way gives its key back after this; no request takes as long."""

View = TypeVar("View", bound=Callable[..., Any])


class BadIdempotencyKey(Problem):
    status, slug = 422, "bad-idempotency-key"


class RequestInFlight(Problem):
    status, slug = 409, "request-in-flight"


class IdempotencyKey(Base):
    __tablename__ = "idempotency_key"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    """Of method, path and body."""
    started_at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[int | None]
    """Of the kept answer; None while the request is in flight."""
    body: Mapped[bytes | None] = mapped_column(LargeBinary)


def idempotent(view: View) -> View:
    """Let callers send an Idempotency-Key with this route. Stands above `input`, below the route."""

    @wraps(view)
    def once(*args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return current_app.make_response(view(*args, **kwargs))
        if not 0 < len(key) <= 255:
            raise BadIdempotencyKey("An Idempotency-Key has 1 to 255 characters.")
        at = now()
        kept = _claim(current_account().id, key, _fingerprint(), at)
        return kept or _answer_and_keep(view, key, at, args, kwargs)

    once.__dict__["is_idempotent"] = True
    return once  # type: ignore[return-value]


def _answer_and_keep(view: Callable[..., Any], key: str, at: datetime, args: Any, kwargs: Any) -> Response:
    mine = and_(
        IdempotencyKey.account_id == current_account().id,
        IdempotencyKey.key == key,
        IdempotencyKey.started_at
        == at,  # a request that took too long must not touch the one that overtook it
    )
    try:
        answer = current_app.make_response(view(*args, **kwargs))
        kept = update(IdempotencyKey).where(mine).values(status=answer.status_code, body=answer.get_data())
        db.session.execute(kept)  # committed together with what the request did
        db.session.commit()
    except BaseException:
        db.session.rollback()
        db.session.execute(delete(IdempotencyKey).where(mine))
        db.session.commit()
        raise
    return answer


def _fingerprint() -> str:
    return hashlib.sha256(
        b"\n".join([request.method.encode(), request.path.encode(), request.get_data()])
    ).hexdigest()


def _claim(account_id: UUID, key: str, fingerprint: str, at: datetime) -> Response | None:
    """None when the key is ours to work under now; the kept answer when this was done before.

    Raises BadIdempotencyKey for another request under this key, RequestInFlight for the same one at work.
    """
    fresh = {"fingerprint": fingerprint, "started_at": at, "status": None, "body": None}
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
    if earlier and earlier.fingerprint != fingerprint:
        raise BadIdempotencyKey("This Idempotency-Key was used for another request; use a new one.")
    if earlier is None or earlier.status is None:
        raise RequestInFlight(
            "The same request is being worked on; ask again in a moment.", {"Retry-After": "1"}
        )
    headers = {"Idempotent-Replayed": "true"}
    return Response(earlier.body, earlier.status, headers, content_type="application/json")


def forget_old() -> int:
    """Remove the keys that no longer count; how many there were."""
    old = delete(IdempotencyKey).where(IdempotencyKey.started_at < now() - _kept_for())
    return len(db.session.scalars(old.returning(IdempotencyKey.key)).all())


def forget_of(account_id: UUID) -> None:
    """Remove all answers that were kept for somebody."""
    db.session.execute(delete(IdempotencyKey).where(IdempotencyKey.account_id == account_id))


def _kept_for() -> timedelta:
    settings = current_settings()
    return timedelta(hours=settings.idempotency_keys_kept_hours)
