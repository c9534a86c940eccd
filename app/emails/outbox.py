"""Enqueues mails: rendered for the reader and inserted once, in the transaction that caused them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID, uuid4

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_eval_context, select_autoescape
from jinja2.nodes import EvalContext
from markupsafe import Markup
from sqlalchemy.dialects.postgresql import insert

from app.config.settings import current_settings
from app.emails import erasure, recipient_limits
from app.emails.models import OPERATORS, WITH_CALENDAR, Email
from app.emails.status import EmailStatus
from app.extensions import db, now
from app.observability import context
from app.queue.enqueue import after_commit
from app.queue.names import TaskNames
from app.unicode_text import isolate, lines, without_bidi_controls

Mail = dict[str, Any]


class Reader(Protocol):
    """The reader of a mail: an account, seen by the attributes that this package needs, or a Recipient."""

    @property
    def email(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def email_verified(self) -> bool: ...


@dataclass(frozen=True)
class Recipient:
    """The reader of a mail who has no account, or whose mail must not show whether there is one."""

    email: str
    name: str
    email_verified: bool = True


_OUTBOX = Email.metadata.tables[Email.__tablename__]
_INSERT_ONCE = insert(_OUTBOX).on_conflict_do_nothing(constraint="uq_email_once").returning(_OUTBOX.c.id)
"""The insert statement, built once on the table: the ORM would take as long as PostgreSQL."""


@pass_eval_context
def _isolated(template: EvalContext, text: str) -> str:
    """Text that a person wrote, isolated so that its direction does not affect our text."""
    if template.autoescape:
        return Markup("<bdi>{}</bdi>").format(without_bidi_controls(text))
    return isolate(text)


def _indented(text: str, width: int) -> str:
    """Text that a person wrote, indented in a text mail so that it cannot imitate our lines."""
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


def called(reader: Reader) -> str:
    """The name by which a mail calls its reader: none before the address is verified, as a stranger may
    have chosen it."""
    return reader.name if reader.email_verified else ""


def enqueue_email(
    kind: str,
    subject_id: object,
    reader: Reader,
    subject: str,
    calendar: str | None = None,
    reply_to: str | None = None,
    **shown: Any,
) -> bool:
    """Put a mail into the outbox. False if it is already there, or its reader has erased the account."""
    return enqueue_rendered([render(kind, str(subject_id), reader, subject, calendar, reply_to, shown)]) == 1


def put_to_operator(kind: str, subject_id: str, subject: str, **shown: Any) -> None:
    """Put a mail to OPS_EMAIL into the outbox, if OPS_EMAIL is set."""
    to = current_settings().ops_email
    if to:
        assert kind in OPERATORS, f"{kind} is no operator's kind: it would belong to the account with {to}"
        enqueue_email(kind, subject_id, Recipient(to, "Operator"), subject, **shown)


def render(
    kind: str,
    subject_id: str,
    reader: Reader,
    subject: str,
    calendar: str | None,
    reply_to: str | None,
    shown: dict[str, Any],
) -> Mail:
    assert calendar is None or kind in WITH_CALENDAR, (
        f"{kind} is not in WITH_CALENDAR: no test reads the calendar of {kind}"
    )
    name = called(reader)
    shown = {**shown, "subject": subject, "name": name or "there", "reader": reader}
    return {
        "kind": kind,
        "subject_id": subject_id,
        "recipient": reader.email,
        "recipient_name": name,
        "subject": subject,
        "text_body": templates.get_template(f"{kind}.txt").render(shown),
        "html_body": templates.get_template(f"{kind}.html").render(shown),
        "calendar": calendar,
        "reply_to": reply_to,
        "request_id": context.request_id.get(),
    }


def enqueue_rendered(mails: Sequence[Mail]) -> int:
    """Insert mails of one kind, except to erased accounts. Returns the number of new rows.

    Mails that do not leave at once get rows too: an operator can send withheld ones, and so does the
    verification of the address; a sweep sends held back ones when they are due.
    """
    readable = [mail for mail in mails if not erasure.is_placeholder(mail["recipient"])]
    if not readable:
        return 0
    above = recipient_limits.verdicts(readable[0]["kind"], [mail["recipient"] for mail in readable])
    leaving = [mail for mail in readable if mail["recipient"] not in above]
    new = db.session.scalars(_INSERT_ONCE, leaving).all() if leaving else []
    for email_id in new:
        after_commit(TaskNames.DELIVER_EMAIL, str(email_id))
    kept = [mail | _ABOVE[above[mail["recipient"]]]() for mail in readable if mail["recipient"] in above]
    return len(new) + sum(len(db.session.scalars(_INSERT_ONCE, [mail]).all()) for mail in kept)


def insert_gathered(mails: Sequence[Email]) -> UUID:
    """Put several mails to one recipient into a digest. Returns its id.

    An answer reaches the other side if all of them are about sessions with the same one.
    """
    first, others = mails[0], {mail.reply_to for mail in mails}
    reply_to = first.reply_to if len(others) == 1 else None
    subject = f"{len(mails)} messages about your coaching"
    calendar = "".join(mail.calendar or "" for mail in mails) or None
    together = uuid4()
    reader = Recipient(first.recipient, first.recipient_name)
    mail = render("gathered", str(together), reader, subject, calendar, reply_to, {"mails": mails})
    db.session.execute(insert(_OUTBOX), mail | {"id": together})
    after_commit(TaskNames.DELIVER_EMAIL, str(together))
    return together


def _withheld() -> Mail:
    return {"status": EmailStatus.WITHDRAWN, "last_error": recipient_limits.WITHHELD}


def _held_back() -> Mail:
    return {"held_back": True, "due_at": recipient_limits.next_time(now())}


def _held_back_longer() -> Mail:
    due_at = recipient_limits.next_time(now(), recipient_limits.UNVERIFIED_TOGETHER)
    return {"held_back": True, "due_at": due_at}


_ABOVE = {
    recipient_limits.Verdict.WITHHELD: _withheld,
    recipient_limits.Verdict.HELD_BACK: _held_back,
    recipient_limits.Verdict.HELD_BACK_LONGER: _held_back_longer,
}
"""The columns that depend on the verdict of the limits."""
