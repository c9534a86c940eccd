"""A statement that says it is closed has waited for whoever was entering something when the month ended."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import text

from app.accounts.models import Account, Role
from app.coaches.models import Coach
from app.extensions import Base, db
from app.payments.earnings import statement
from app.payments.earnings.statement import Month, Statement
from app.payments.ledger import posting
from app.payments.ledger.entries import Kind
from app.payments.ledger.posting import Entry
from app.payments.models import Payment
from app.payments.status import Status
from tests.history import rewrite
from tests.waiting import wait_until

JANUARY = Month(date(2031, 1, 1))


@pytest.fixture
def paid(application: Flask) -> Iterator[Payment]:
    """A payment that other connections see, and nothing in the books yet."""
    with application.app_context():
        owner, client = (_account(role) for role in (Role.COACH, Role.CLIENT))
        rows: list[Base] = [owner, client, Coach(id=owner.id, time_zone="UTC"), _payment(owner.id, client)]
        for row in rows:
            db.session.add(row)
            db.session.commit()
        yield db.session.get_one(Payment, rows[-1].id)  # type: ignore[attr-defined]
        db.session.rollback()
        rewrite("DELETE FROM ledger_entry")
        for row in reversed(rows):
            db.session.delete(row)
            db.session.commit()


def _account(role: Role) -> Account:
    address = f"{uuid4().hex}@example.com"
    return Account(id=uuid4(), email=address, name="N", role=role, time_zone="UTC", password_hash="none")


def _payment(coach_id: UUID, client: Account) -> Payment:
    return Payment(
        id=uuid4(),
        coach_id=coach_id,
        client=client,
        amount_minor=7500,
        currency="EUR",
        status=Status.SUCCEEDED,
        locale="auto",
        success_url="",
        cancel_url="",
        session_expires_at=datetime.now(UTC),
    )


def test_it_waits_for_who_is_entering_something(
    application: Flask, paid: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Payment.locked(paid.id)  # on the last of January somebody begins to enter this
    db.session.add(
        Entry(
            coach_id=paid.coach_id,
            day=JANUARY.last,
            payment_id=paid.id,
            kind=Kind.PAYMENT,
            source_id=paid.id,
            amount_minor=7500,
            currency="EUR",
        )
    )
    db.session.flush()
    monkeypatch.setattr(posting, "now", lambda: datetime(2031, 2, 1, tzinfo=UTC))

    with ThreadPoolExecutor(1) as another:
        asked: Future[Statement] = another.submit(_statement, application, paid.coach_id)
        wait_until(_somebody_waits)
        db.session.commit()
        found = asked.result(10)

    assert found.is_closed
    assert [line.amount.amount for line in found.lines] == [7500]


def _statement(application: Flask, coach_id: UUID) -> Statement:
    with application.app_context():
        return statement.of(db.session.get_one(Coach, coach_id), JANUARY)


def _somebody_waits() -> bool:
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    return bool(db.session.scalar(waiting))
