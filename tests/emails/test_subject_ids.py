"""A mail's subject is spelled alike for its row and for a query that looks for it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Integer, Uuid, literal, select

from app.emails import subject_ids
from app.emails.models import Email
from app.extensions import db

ONE, OTHER = UUID(int=1), UUID("AABBCCDD-0000-4000-8000-000000000002")
AT = datetime(2027, 2, 9, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("spell", "parts"),
    [
        (subject_ids.of_booking, (OTHER, 3)),
        (lambda *parts: subject_ids.of_reminder(*parts, hours=24), (OTHER, 0)),
        (subject_ids.of_returned_payment, (ONE, OTHER)),
    ],
)
def test_columns_are_spelled_as_values_are(app: Flask, spell: Callable[..., Any], parts: Any) -> None:
    columns = [literal(part, Uuid if isinstance(part, UUID) else Integer) for part in parts]

    assert db.session.scalar(select(spell(*columns))) == spell(*parts)


def test_each_says_once_what_it_is_about() -> None:
    spelled = [
        subject_ids.of_booking(OTHER, 3),
        subject_ids.of_reminder(OTHER, 3, 24),
        subject_ids.of_returned_payment(OTHER, ONE),
        subject_ids.of_video_link(OTHER, ONE, AT),
        subject_ids.of_opened_dispute(OTHER, is_inquiry=True),
        subject_ids.of_opened_dispute(OTHER, is_inquiry=False),
        subject_ids.of_dispute_deadline(OTHER, AT, 3),
        subject_ids.of_decided_dispute(OTHER, "lost", None),
        subject_ids.of_decided_dispute(OTHER, "lost", 3),
    ]

    assert spelled == [
        f"{OTHER}:3",
        f"{OTHER}:3:24h",
        f"{OTHER}:{ONE}",
        f"{OTHER}:{ONE}:2027-02-09T14:30:00+00:00",
        f"{OTHER}:inquiry",
        f"{OTHER}:chargeback",
        f"{OTHER}:2027-02-09T14:30:3d",
        f"{OTHER}:lost",
        f"{OTHER}:lost:3",
    ]
    assert {subject_ids.main_id(each) for each in spelled} == {OTHER}
    assert spelled[3].startswith(subject_ids.of_video_links(OTHER, ONE))


def test_a_query_reads_the_parts_of_a_row(app: Flask) -> None:
    words = {"subject": "", "text_body": "", "html_body": "", "recipient_name": "", "request_id": "-"}
    subject_id = subject_ids.of_video_link(ONE, OTHER, AT)
    db.session.add(Email(kind="video_link_changed", subject_id=subject_id, recipient="a@b.example", **words))
    db.session.flush()

    parts = (
        subject_ids.main_ids(Email.subject_id),
        subject_ids.video_link_readers(Email.subject_id),
    )
    row = db.session.execute(select(*parts).where(Email.subject_id == subject_id)).one()

    assert tuple(row) == (str(ONE), str(OTHER))
