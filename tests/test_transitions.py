"""Mails and events change their status as their tables say, and nowhere but in their models."""

import re
from pathlib import Path

import pytest

from app import transitions
from app.emails import status as emails
from app.emails.models import Email
from app.emails.status import EmailStatus
from app.payments.events import status as events
from app.payments.events.models import StripeEvent
from app.payments.events.status import EventStatus
from app.transitions import IllegalTransition

APP = Path(__file__).parent.parent / "app"
WRITES = re.compile(r"(\.status\b[^=\n]*=(?!=)[^=\n]*|\bstatus=)(EmailStatus|EventStatus)\.")
"""An assignment, or a keyword of an UPDATE."""
AUDIT_ROW = re.compile(
    r"(?<!def )(?<![.\w])record_transition\(|Transition\.record_all\("
    r"|(?<!class )\b(?:Booking|Payment)Transition\("
)
"""A new audit row of a change of status."""
AUDIT_WRITERS = {"bookings/models.py", "bookings/reservation.py", "payments/models.py"}
WRITERS = {"emails/models.py", "payments/events/models.py"}


@pytest.mark.parametrize("before", EmailStatus)
@pytest.mark.parametrize("after", EmailStatus)
def test_a_mail_moves_only_as_the_table_says(before: EmailStatus, after: EmailStatus) -> None:
    email = Email(status=before)

    if after in emails.TRANSITIONS[before]:
        email.transition_to(after)
        assert email.status is after
    else:
        with pytest.raises(IllegalTransition, match=f"a mail that is {before} cannot become {after}"):
            email.transition_to(after)
        assert email.status is before


@pytest.mark.parametrize("before", EventStatus)
@pytest.mark.parametrize("after", EventStatus)
def test_an_event_moves_only_as_the_table_says(before: EventStatus, after: EventStatus) -> None:
    event = StripeEvent(status=before)

    if after in events.TRANSITIONS[before]:
        event.transition_to(after)
        assert event.status is after
    else:
        with pytest.raises(IllegalTransition, match=f"an event that is {before} cannot become {after}"):
            event.transition_to(after)
        assert event.status is before


def test_a_mail_that_left_is_never_withdrawn_nor_failed() -> None:
    assert emails.TRANSITIONS[EmailStatus.SENT] == {EmailStatus.QUEUED}
    assert transitions.sources(emails.TRANSITIONS, EmailStatus.SENT) == [EmailStatus.SENDING]


def test_an_event_that_was_applied_is_only_ever_replayed() -> None:
    assert events.TRANSITIONS[EventStatus.PROCESSED] == {EventStatus.RECEIVED}


def test_only_their_models_write_the_status_of_mails_and_events() -> None:
    found = {str(path.relative_to(APP)) for path in APP.rglob("*.py") if WRITES.search(path.read_text())}

    assert found == WRITERS


def test_only_the_models_and_the_first_hold_write_audit_rows_of_status() -> None:
    found = {str(path.relative_to(APP)) for path in APP.rglob("*.py") if AUDIT_ROW.search(path.read_text())}

    assert found == AUDIT_WRITERS
