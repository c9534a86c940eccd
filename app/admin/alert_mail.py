"""Mails to the operator."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from app import alerts
from app.admin.alert_actions import ALERT_ACTIONS, AlertAction
from app.alerts import Alert, AlertKind
from app.config.settings import current_settings
from app.emails.models import Email
from app.emails.outbox import put_to_operator, templates
from app.extensions import db, now
from app.observability import context

PAUSE = timedelta(minutes=10)
"""The least time between two digests: a flood of alerts makes six mails an hour."""
SHOWN = 20
"""The most alerts that a mail spells out; the operator's lists have them all."""
LONGEST = 400
"""The most characters of one alert; its row has the full text."""


@dataclass(frozen=True)
class Section:
    """Alerts with the same remedy."""

    kind: AlertKind
    number: int
    shown: Sequence[Alert]

    @property
    def remedy(self) -> AlertAction:
        return ALERT_ACTIONS[self.kind]

    @property
    def title(self) -> str:
        """3 failed refunds"""
        return f"{self.number:,} {self.remedy.one if self.number == 1 else self.remedy.many}"

    @property
    def lines(self) -> list[tuple[str, str]]:
        """An alert's time and text."""
        return [(_moment(each.created_at), _line(each.what)) for each in self.shown]

    @property
    def more(self) -> int:
        return self.number - len(self.shown)


def send_digest() -> int:
    """Put one mail about all unsent alerts into the outbox. Returns their number, 0 if no mail is due.

    The first alert is mailed at once, later ones together after PAUSE. The alerts are marked in the
    transaction that puts the mail into the outbox.
    """
    at, last = now(), alerts.last_sent_at()
    if not current_settings().ops_email or (last and at < last + PAUSE):
        return 0
    alerts.mark_sent(at)
    told = alerts.sent_at(at, SHOWN)
    if told:
        _put([Section(kind, *found) for kind, found in told.items()])
    return sum(number for number, _ in told.values())


def _put(sections: list[Section]) -> None:
    number = sum(section.number for section in sections)
    single = sections[0].shown[0].what.partition("\n")[0] if number == 1 else ""
    subject = single[:120] or ", ".join(section.title for section in sections)
    put_to_operator(
        "needs_attention",
        str(sections[0].shown[0].id),  # mailed once
        f"Needs attention: {subject}",
        number=number,
        sections=sections,
        base=current_settings().public_url,
    )


def _line(what: str) -> str:
    line = " ".join(what.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def _moment(at: datetime) -> str:
    """1 December, 14:00 UTC"""
    utc = at.astimezone(UTC)
    return f"{utc.day} {utc:%B, %H:%M} UTC"


def test(to: str) -> UUID:
    """The mail of `flask email test`. Returns the row's id; the caller sends it."""
    email = Email(
        kind="test",
        subject_id=uuid4().hex,
        recipient=to,
        recipient_name="",
        subject="A test mail from CultureBridge",
        text_body=templates.get_template("test.txt").render(),
        html_body=templates.get_template("test.html").render(subject="A test mail from CultureBridge"),
        request_id=context.request_id.get(),
    )
    db.session.add(email)
    db.session.flush()
    return email.id
