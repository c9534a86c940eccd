"""Subject ids of mails (`Email.subject_id`): an id, or several parts joined by colons.

Each constructor takes values for a row, or columns for a query.
"""

from datetime import datetime
from typing import Any, overload
from uuid import UUID

from sqlalchemy import ColumnElement, Text, Uuid, cast, func
from sqlalchemy.orm import InstrumentedAttribute

_SEPARATOR = ":"


@overload
def of_booking(booking_id: UUID, sequence: int) -> str: ...
@overload
def of_booking(booking_id: ColumnElement[UUID], sequence: ColumnElement[int]) -> ColumnElement[str]: ...
def of_booking(booking_id: Any, sequence: Any) -> Any:
    """A booking at one SEQUENCE of its calendar event."""
    return _spelled(booking_id, sequence)


@overload
def of_reminder(booking_id: UUID, sequence: int, hours: int) -> str: ...
@overload
def of_reminder(
    booking_id: ColumnElement[UUID], sequence: ColumnElement[int], hours: int
) -> ColumnElement[str]: ...
def of_reminder(booking_id: Any, sequence: Any, hours: int) -> Any:
    """The reminder this many hours before a booking, at one SEQUENCE."""
    return _spelled(booking_id, sequence, f"{hours}h")


@overload
def of_returned_payment(payment_id: UUID, booking_id: UUID) -> str: ...
@overload
def of_returned_payment(
    payment_id: ColumnElement[UUID], booking_id: ColumnElement[UUID]
) -> ColumnElement[str]: ...
def of_returned_payment(payment_id: Any, booking_id: Any) -> Any:
    """A returned payment, or its part; the booking is the first that it covers."""
    return _spelled(payment_id, booking_id)


def of_video_link(coach_id: UUID, reader_id: UUID, changed_at: datetime) -> str:
    """A coach's new video link, for one reader: a client or the coach."""
    return f"{of_video_links(coach_id, reader_id)}{changed_at.isoformat()}"


def of_video_links(coach_id: UUID, reader_id: UUID) -> str:
    """The prefix of all mails to this reader about this coach's links."""
    return f"{_spelled(coach_id, reader_id)}{_SEPARATOR}"


def of_opened_dispute(dispute_id: UUID, *, is_inquiry: bool) -> str:
    """A dispute or an inquiry, which get a mail each."""
    return str(_spelled(dispute_id, "inquiry" if is_inquiry else "chargeback"))


def of_dispute_deadline(dispute_id: UUID, due_by: datetime, days: int) -> str:
    """The warning this many days before a deadline, which Stripe may move."""
    return str(_spelled(dispute_id, f"{due_by:%Y-%m-%dT%H:%M}", f"{days}d"))


def of_decided_dispute(dispute_id: UUID, status: str, reversal: int | None) -> str:
    """A decision; `reversal` counts the balance transactions if it is not the first."""
    return str(_spelled(dispute_id, status, *([] if reversal is None else [reversal])))


def main_id(subject_id: str) -> UUID:
    """The id at the start of a subject."""
    return UUID(subject_id.partition(_SEPARATOR)[0])


def main_ids(column: InstrumentedAttribute[str]) -> ColumnElement[str]:
    """The id at the start of each subject of a column, as text."""
    return func.split_part(column, _SEPARATOR, 1)


def main_uuid(column: InstrumentedAttribute[str]) -> ColumnElement[UUID]:
    """The id at the start of each subject of a column. PostgreSQL refuses subjects without one."""
    return cast(main_ids(column), Uuid)


def video_link_readers(column: InstrumentedAttribute[str]) -> ColumnElement[str]:
    """The reader's id in a column with subjects of `of_video_link`, as text."""
    return func.split_part(column, _SEPARATOR, 2)


def _spelled(*parts: object) -> Any:
    if any(isinstance(part, ColumnElement) for part in parts):
        texts = [cast(part, Text) if isinstance(part, ColumnElement) else part for part in parts]
        return func.concat_ws(_SEPARATOR, *texts)
    return _SEPARATOR.join(str(part) for part in parts)
