"""Putting a mail into the outbox: rendered in its reader's terms, once, in the transaction that caused it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_eval_context, select_autoescape
from jinja2.nodes import EvalContext
from markupsafe import Markup
from sqlalchemy.dialects.postgresql import insert

from app import time_zones
from app.config.settings import current_settings
from app.emails import erasure, unverified_limit
from app.emails.models import OPERATORS, Email, EmailStatus
from app.extensions import db, now
from app.observability import context
from app.queue.enqueue import after_commit
from app.unicode_text import isolate, lines, without_bidi_controls

if TYPE_CHECKING:  # a mail is about its subject's room, which stands above this one
    from app.accounts.models import Account
    from app.bookings.models import Booking

Mail = dict[str, Any]
Calendar = Callable[["Account"], str]
"""The iCalendar file for a reader: not everybody is shown everything."""

_OUTBOX = Email.metadata.tables[Email.__tablename__]
_INSERT_ONCE = insert(_OUTBOX).on_conflict_do_nothing(constraint="uq_email_once").returning(_OUTBOX.c.id)
"""Made once, and of the table, not of its class: the ORM takes as long for a row as PostgreSQL."""


@pass_eval_context
def _isolated(template: EvalContext, text: str) -> str:
    """What somebody wrote, so that its direction turns around none of our words."""
    if template.autoescape:
        return Markup("<bdi>{}</bdi>").format(without_bidi_controls(text))
    return isolate(text)


def _indented(text: str, width: int) -> str:
    """What somebody wrote, for a text mail: no line of it begins where ours do, whatever broke its lines."""
    return f"\n{' ' * width}".join(isolate(line) for line in lines(text))


templates = Environment(
    loader=PackageLoader("app.emails"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
templates.filters |= {
    "isolate": _isolated,
    "indented": _indented,
    "without_bidi_controls": without_bidi_controls,
}


def enqueue_to_parties(
    kind: str, booking: "Booking", subject: str, calendar: "Calendar", **shown: Any
) -> None:
    about, mails = f"{booking.id}:{booking.calendar_sequence}", []
    for reader, other in parties(booking):
        shown |= {
            "booking": booking,
            "reader": reader,
            "other": other,
            "when": format_session(booking, reader),
        }
        shown["moment"] = partial(_moment_of, booking, reader)
        shown["who"] = actor_name(booking, reader, shown.get("by"))
        title = subject.format(minutes=booking.duration_minutes, name=isolate(other.name))
        mails.append(
            render(kind, about, reader.email, reader.name, title, calendar(reader), other.email, shown)
        )
    enqueue_rendered(mails)


@dataclass(frozen=True)
class Other:
    """The other party of a session, as a reader may know it."""

    name: str
    email: str | None


def seen_by(reader: "Account", other: "Account") -> Other:
    """A name is somebody's words too: it reaches no address that was never proven."""
    if reader.email_verified:
        return Other(other.name, other.email)
    return Other(f"your {other.role}", None)


def parties(booking: "Booking") -> "tuple[tuple[Account, Other], ...]":
    """Each of the two as reader, beside the other."""
    client, coach = booking.client, booking.coach.account
    return (client, seen_by(client, coach)), (coach, seen_by(coach, client))


def actor_name(booking: "Booking", reader: "Account", by: str | None) -> str:
    """Whoever did it, as the reader calls them."""
    if by == "admin":
        return "we"
    actor = booking.client if by == "client" else booking.coach.account
    return "you" if actor.id == reader.id else seen_by(reader, actor).name


def enqueue_email(kind: str, subject_id: object, reader: "Account", subject: str, **shown: Any) -> None:
    enqueue_email_to(kind, str(subject_id), reader.email, reader.name, subject, reader=reader, **shown)


def enqueue_email_to(
    kind: str,
    subject_id: str,
    to: str,
    name: str,
    subject: str,
    calendar: str | None = None,
    reply_to: str | None = None,
    **shown: Any,
) -> bool:
    """Put a mail into the outbox; False when it is there already, or its reader has erased the account."""
    return enqueue_rendered([render(kind, subject_id, to, name, subject, calendar, reply_to, shown)]) == 1


def put_to_operator(kind: str, subject_id: str, subject: str, **shown: Any) -> None:
    """To OPS_EMAIL, if there is one."""
    to = current_settings().ops_email
    if to:
        assert kind in OPERATORS, f"{kind} would be taken for a mail to whoever has an account with {to}"
        enqueue_email_to(kind, subject_id, to, "Operator", subject, **shown)


def render(
    kind: str,
    subject_id: str,
    to: str,
    name: str,
    subject: str,
    calendar: str | None,
    reply_to: str | None,
    shown: dict[str, Any],
) -> Mail:
    shown = {**shown, "subject": subject, "name": name}
    return {
        "kind": kind,
        "subject_id": subject_id,
        "recipient": to,
        "recipient_name": name,
        "subject": subject,
        "text_body": templates.get_template(f"{kind}.txt").render(shown),
        "html_body": templates.get_template(f"{kind}.html").render(shown),
        "calendar": calendar,
        "reply_to": reply_to,
        "request_id": context.request_id.get(),
    }


def enqueue_rendered(mails: Sequence[Mail]) -> int:
    """How many were not there yet, of those whose readers have not erased their accounts.

    All are of one kind. What is above its recipient's allowance is a row too: what is withheld is there for
    an operator, who can send it, and what is held back is found by the sweep once it is due.
    """
    readable = [mail for mail in mails if not erasure.is_placeholder(mail["recipient"])]
    if not readable:
        return 0
    above = unverified_limit.verdicts(readable[0]["kind"], [mail["recipient"] for mail in readable])
    leaving = [mail for mail in readable if mail["recipient"] not in above]
    new = db.session.scalars(_INSERT_ONCE, leaving).all() if leaving else []
    for email_id in new:
        after_commit("emails.deliver", str(email_id))
    kept = [mail | _ABOVE[above[mail["recipient"]]]() for mail in readable if mail["recipient"] in above]
    return len(new) + sum(len(db.session.scalars(_INSERT_ONCE, [mail]).all()) for mail in kept)


def insert_gathered(mails: Sequence[Email]) -> UUID:
    """Put several mails to one recipient into one; its id."""
    first = mails[0]
    shown = {"mails": mails, "reader": None}
    subject = f"{len(mails)} messages about your coaching"
    calendar = "".join(mail.calendar or "" for mail in mails) or None
    together = uuid4()
    mail = render(
        "gathered", str(together), first.recipient, first.recipient_name, subject, calendar, None, shown
    )
    db.session.execute(insert(_OUTBOX), mail | {"id": together})
    after_commit("emails.deliver", str(together))
    return together


def _withheld() -> Mail:
    return {"status": EmailStatus.WITHDRAWN, "last_error": unverified_limit.WITHHELD}


def _held_back() -> Mail:
    return {"held_back": True, "due_at": unverified_limit.next_time(now())}


_ABOVE = {unverified_limit.Verdict.WITHHELD: _withheld, unverified_limit.Verdict.HELD_BACK: _held_back}
"""What the row of a mail says besides, by its verdict."""


def _zone_of(booking: "Booking", reader: "Account", at: datetime) -> ZoneInfo:
    """Of the clocks that the reader lives by at that moment: a coach may stay abroad."""
    return reader.zone if reader.id == booking.client_id else booking.coach.zone_at(at)


def _moment_of(booking: "Booking", reader: "Account", at: datetime) -> str:
    return time_zones.moment(at, _zone_of(booking, reader, at))


def format_session(booking: "Booking", reader: "Account") -> dict[str, str]:
    """When the session is, in the reader's terms."""
    return time_zones.span(booking.start, booking.end, _zone_of(booking, reader, booking.start))
