"""Putting a mail into the outbox: rendered in its reader's terms, once, in the transaction that caused it."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_eval_context, select_autoescape
from jinja2.nodes import EvalContext
from markupsafe import Markup
from sqlalchemy.dialects.postgresql import insert

from app import context, time_zones
from app.emails import allowance, forgetting
from app.emails.models import Email, EmailStatus
from app.extensions import db
from app.jobs import after_commit
from app.unicode_text import isolate, lines, without_bidi_controls

if TYPE_CHECKING:  # a mail is about its subject's room, which stands above this one
    from app.accounts.models import Account
    from app.bookings.models import Booking

Mail = dict[str, Any]

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


def put_to_both(kind: str, booking: "Booking", subject: str, calendar: str, **shown: Any) -> None:
    about, mails = f"{booking.id}:{booking.calendar_sequence}", []
    for reader, other in both(booking):
        shown |= {"booking": booking, "reader": reader, "other": other, "when": span(booking, reader)}
        shown["moment"] = partial(_moment_of, booking, reader)
        shown["who"] = who(booking, reader, shown.get("by"))
        title = subject.format(minutes=booking.duration_minutes, name=isolate(other.name))
        mails.append(_mail(kind, about, reader.email, reader.name, title, calendar, other.email, shown))
    _insert(mails)


def both(booking: "Booking") -> "tuple[tuple[Account, Account], ...]":
    """Each of the two as reader, beside the other."""
    client, coach = booking.client, booking.coach.account
    return (client, coach), (coach, client)


def who(booking: "Booking", reader: "Account", by: str | None) -> str:
    """Whoever did it, as the reader calls them."""
    if by == "admin":
        return "we"
    actor = booking.client if by == "client" else booking.coach.account
    return "you" if actor.id == reader.id else actor.name


def put(kind: str, subject_id: object, reader: "Account", subject: str, **shown: Any) -> None:
    insert_once(kind, str(subject_id), reader.email, reader.name, subject, reader=reader, **shown)


def insert_once(
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
    return _insert([_mail(kind, subject_id, to, name, subject, calendar, reply_to, shown)]) == 1


def _mail(
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


def _insert(mails: Sequence[Mail]) -> int:
    """How many were not there yet, of those whose readers have not erased their accounts.

    What an address that was never proven gets too many of is kept as a row, and does not leave.
    """
    readable = [mail for mail in mails if not forgetting.is_nobodys(mail["recipient"])]
    exhausted = allowance.exhausted([mail["recipient"] for mail in readable if _is_counted(mail)])
    withheld = [mail for mail in readable if mail["recipient"] in exhausted and _is_counted(mail)]
    leaving = [mail for mail in readable if mail not in withheld]
    new = db.session.scalars(_INSERT_ONCE, leaving).all() if leaving else []
    for email_id in new:
        after_commit("emails.deliver", str(email_id))
    return len(new) + _keep(withheld)


def _is_counted(mail: Mail) -> bool:
    return mail["kind"] not in allowance.OWN_BOUNDS


def _keep(withheld: Sequence[Mail]) -> int:
    """On record, so that an operator finds and can send them."""
    record = {"status": EmailStatus.WITHDRAWN, "last_error": allowance.WITHHELD}
    return (
        len(db.session.scalars(_INSERT_ONCE, [mail | record for mail in withheld]).all()) if withheld else 0
    )


def _zone_of(booking: "Booking", reader: "Account", at: datetime) -> ZoneInfo:
    """Of the clocks that the reader lives by at that moment: a coach may stay abroad."""
    return reader.zone if reader.id == booking.client_id else booking.coach.zone_at(at)


def _moment_of(booking: "Booking", reader: "Account", at: datetime) -> str:
    return time_zones.moment(at, _zone_of(booking, reader, at))


def span(booking: "Booking", reader: "Account") -> dict[str, str]:
    """When the session is, in the reader's terms."""
    return time_zones.span(booking.start, booking.end, _zone_of(booking, reader, booking.start))
