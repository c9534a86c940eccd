"""Sections of the export, except payments: what the API shows, and what it does not show."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Select, func, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from app.accounts.models import Account, PasswordReset, Role, SignIn
from app.accounts.refused_sign_ins import RefusedSignIns, What
from app.accounts.schemas import AccountView
from app.audit import AuditEntry
from app.bookings import access
from app.bookings.models import Booking
from app.bookings.schemas import BookingView, HistoryView
from app.coaches.availability_schemas import AvailabilityView, TimeOffView
from app.coaches.models import Coach, TimeOff
from app.coaches.schemas import OwnCoachView
from app.emails.models import OPERATORS, Email
from app.extensions import db
from app.http.schema_types import Instant, View
from app.idempotency import IdempotencyKey

PORTION = 500
Row = TypeVar("Row")
Shown = dict[str, Any]


def portions(query: Select[Row], at: Any, key: Any) -> Iterator[Sequence[Row]]:
    """A query's rows in batches, ordered by a time and a key."""
    ordered, after = query.add_columns(at, key).order_by(at, key).limit(PORTION), None
    while True:
        rows = db.session.execute(
            ordered.where(tuple_(at, key) > after) if after is not None else ordered
        ).all()
        yield [row[0] for row in rows]
        if len(rows) < PORTION:
            return
        after = tuple_(*rows[-1][1:])


class OwnAccount(AccountView):
    """The account, with fields that GET /auth/me does not show."""

    email_verified_at: Instant | None
    second_factor_since: Instant | None
    has_feed: bool
    password_reset_asked_at: Instant | None


class SignInView(View):
    began_at: Instant
    ended_at: Instant | None
    last_used_at: Instant | None
    device: str | None
    network: str | None


class MailView(View):
    kind: str
    recipient: str
    subject: str
    text: str
    status: str
    created_at: Instant
    sent_at: Instant | None


class KeptAnswer(View):
    key: str
    started_at: Instant


class RefusedView(View):
    created_at: Instant
    last_at: Instant
    what: What
    number: int


class TrailView(View):
    at: Instant
    by_you: bool
    action: str
    subject: str
    address: str | None
    """The network address, if you were the actor."""
    request_id: str


def account(account: Account) -> Shown:
    asked = db.session.scalar(select(PasswordReset.asked_at).where(PasswordReset.account_id == account.id))
    plain = AccountView.model_validate(account).model_dump()
    view = OwnAccount(
        **plain,
        email_verified_at=account.email_verified_at,
        second_factor_since=account.second_factor_since,
        has_feed=account.feed_token_hash is not None,
        password_reset_asked_at=asked,
    )
    return view.model_dump(mode="json")


def coach(account: Account) -> Shown | None:
    profile = db.session.get(Coach, account.id) if account.role is Role.COACH else None
    if profile is None:
        return None
    away = select(TimeOff).where(TimeOff.coach_id == account.id).order_by(TimeOff.local_start, TimeOff.id)
    return {
        "profile": OwnCoachView.of(profile).model_dump(mode="json"),
        "availability": AvailabilityView.of(profile).model_dump(mode="json"),
        "time_off": [
            TimeOffView.model_validate(row).model_dump(mode="json") for row in db.session.scalars(away)
        ],
    }


def sign_ins(account: Account) -> Iterator[Shown]:
    rows = select(SignIn).where(SignIn.account_id == account.id)
    for portion in portions(rows, SignIn.created_at, SignIn.id):
        for row in portion:
            shown = SignInView(
                began_at=row.created_at,
                ended_at=row.revoked_at,
                last_used_at=row.last_used_at,
                device=row.device,
                network=row.network,
            )
            yield shown.model_dump(mode="json")


def bookings(account: Account) -> Iterator[Shown]:
    """Bookings as client and as coach, with their history."""
    start = func.lower(Booking.period)
    for whose in (Booking.client_id, Booking.coach_id):
        query = select(Booking).where(whose == account.id).options(selectinload(Booking.transitions))
        for portion in portions(query, start, Booking.id):
            for booking in portion:
                history = HistoryView.of(booking).model_dump(mode="json")["items"]
                yield BookingView.of(booking).model_dump(mode="json") | {
                    "as": access.party(account, booking).value,
                    "client_time_zone": booking.client_time_zone,
                    "history": history,
                }


def mails(account: Account) -> Iterator[Shown]:
    """Mails to the person, as text."""
    columns: list[InstrumentedAttribute[Any]] = [Email.created_at, Email.id]
    query = select(Email).where(Email.recipient == account.email, Email.kind.not_in(OPERATORS))
    for portion in portions(query, *columns):
        for mail in portion:
            yield MailView.model_validate(
                {name: getattr(mail, name) for name in MailView.model_fields if name != "text"}
                | {"text": mail.text_body}
            ).model_dump(mode="json")


def kept_answers(account: Account) -> Iterator[Shown]:
    """Requests whose answer is stored for a day. The answers hold nothing that is not in this export."""
    rows = select(IdempotencyKey).where(IdempotencyKey.account_id == account.id)
    for row in db.session.scalars(rows.order_by(IdempotencyKey.started_at)):
        yield KeptAnswer.model_validate(row).model_dump(mode="json")


def audit_entries(account: Account) -> Iterator[Shown]:
    """Audit entries of the person and of the account. Other actors are not named."""
    named = f"account:{account.id}"
    query = select(AuditEntry).where(or_(AuditEntry.actor == named, AuditEntry.subject == named))
    for portion in portions(query, AuditEntry.created_at, AuditEntry.id):
        for row in portion:
            by_you = row.actor in {named, "anonymous"}
            yield TrailView(
                at=row.created_at,
                by_you=by_you,
                action=row.action,
                subject=row.subject,
                address=row.address if by_you else None,
                request_id=row.request_id,
            ).model_dump(mode="json")


def refused_sign_ins(account: Account) -> Iterator[Shown]:
    """Refused sign-ins. Other people's network addresses are not shown."""
    query = select(RefusedSignIns).where(RefusedSignIns.subject == f"account:{account.id}")
    for portion in portions(query, RefusedSignIns.created_at, RefusedSignIns.id):
        for row in portion:
            yield RefusedView.model_validate(row).model_dump(mode="json")
