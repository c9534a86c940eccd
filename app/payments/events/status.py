"""Status of an event from Stripe and its allowed transitions."""

from enum import StrEnum

from app import transitions


class EventStatus(StrEnum):
    RECEIVED = "received"
    PROCESSED = "processed"
    IGNORED = "ignored"
    FAILED = "failed"


TRANSITIONS = {
    EventStatus.RECEIVED: {  # an operator replays it sooner; or an attempt ends
        EventStatus.RECEIVED,
        EventStatus.PROCESSED,
        EventStatus.IGNORED,
        EventStatus.FAILED,
    },
    EventStatus.PROCESSED: {EventStatus.RECEIVED},  # an operator replays it
    # an operator replays it, or its payment has become known
    EventStatus.IGNORED: {EventStatus.RECEIVED},
    EventStatus.FAILED: {EventStatus.RECEIVED, EventStatus.IGNORED},  # an operator replays or discards it
}


def check_transition(before: EventStatus, after: EventStatus) -> None:
    """Raises IllegalTransition unless the table above lists it."""
    transitions.check("an event", TRANSITIONS, before, after)
