"""The migrations, on a database of their own."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import ARRAY, MetaData, NullPool, Table, create_engine, inspect, text
from sqlalchemy.dialects.postgresql import JSONB

from app import create_app
from app.config.settings import Settings
from app.extensions import Base, db


@pytest.fixture
def empty(environment: dict[str, str]) -> Iterator[Flask]:
    """The application on an empty database."""
    url = environment["DATABASE_URL"].replace("/culturebridge?", "/migrations?")
    server = create_engine(
        Settings.load().database_url, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 5}
    )
    with server.connect() as connection:
        connection.execute(text("CREATE DATABASE migrations"))
    app = create_app(Settings.load().model_copy(update={"database_url": _driver(url)}))
    with app.app_context():
        yield app
        db.engine.dispose()
    with server.connect() as connection:
        connection.execute(text("DROP DATABASE migrations WITH (FORCE)"))
    server.dispose()


def _driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://")


def tables() -> set[str]:
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def differences() -> list[object]:
    """What the models have and the database has not, or the other way round."""
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        return list(compare_metadata(context, Base.metadata))


def test_from_nothing_to_the_models_back_to_nothing_and_up_again(empty: Flask) -> None:
    upgrade()
    assert tables() == set(Base.metadata.tables)
    assert differences() == []
    assert db.session.scalar(text("SELECT count(*) FROM account")) == 0, "no account comes with it"
    db.session.remove()

    downgrade(revision="base")
    assert tables() == set()

    upgrade()
    assert differences() == []


def test_no_time_can_be_sold_twice_from_the_first_bookings_on(empty: Flask) -> None:
    upgrade(revision="0003")

    wanted = text("SELECT conname FROM pg_constraint WHERE contype = 'x'")
    assert set(db.session.scalars(wanted)) == {"no_coach_twice", "no_client_twice"}
    db.session.remove()


def insert(table: str, **values: Any) -> UUID:
    """A row of a table as it is now, with something in whatever else it wants; its id."""
    columns = Table(table, MetaData(), autoload_with=db.engine).columns
    wanted = [column for column in columns if not column.nullable and column.server_default is None]
    filler = {column.name: "{}" if isinstance(column.type, ARRAY | JSONB) else "0" for column in wanted}
    row = filler | ({"id": uuid4()} if "id" in columns else {}) | values
    names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
    db.session.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), row)
    return UUID(str(row.get("id", UUID(int=0))))


def test_what_was_paid_and_refunded_before_there_were_books_is_entered_on_its_own_day(empty: Flask) -> None:
    upgrade(revision="0013")
    owner, client = (insert("account", email=role, role=role) for role in ("coach", "client"))
    coach = insert("coach", id=owner, time_zone="Pacific/Auckland", slot_step_minutes=30)
    slot = "[2031-01-01T10:00Z, 2031-01-01T11:00Z)"
    booked = {"coach_id": coach, "client_id": client, "period": slot, "busy": slot, "status": "cancelled"}
    booking = insert("booking", **booked, policy="{}", currency="EUR")
    paid = {"coach_id": coach, "client_id": client, "status": "partially_refunded", "currency": "EUR"}
    at = {"session_expires_at": "2031-01-31T12:00Z"}
    payment = insert("payment", **paid, **at, amount_minor=7500, amount_refunded_minor=2500)
    insert("payment_line", payment_id=payment, booking_id=booking, amount_minor=7500)
    moved = {"before": "pending", "after": "succeeded", "created_at": "2031-01-31T12:00Z"}
    insert("payment_move", payment_id=payment, **moved)
    gone = {"status": "succeeded", "cause": "by_hand", "currency": "EUR", "due_at": "2031-02-02T00:00Z"}
    insert(
        "refund",
        payment_id=payment,
        booking_id=booking,
        **gone,
        amount_minor=2500,
        updated_at="2031-02-02T00:00Z",
    )
    db.session.commit()

    upgrade(revision="0014")

    entries = db.session.execute(text("SELECT day, kind, amount_minor FROM ledger_entry ORDER BY id"))
    assert [(str(day), kind, amount) for day, kind, amount in entries] == [
        ("2031-02-01", "payment", 7500),
        ("2031-02-02", "refund", -2500),
    ]
    db.session.remove()


def test_payments_from_before_there_were_series_keep_their_money_up_and_down_and_up_again(
    empty: Flask,
) -> None:
    upgrade(revision="0008")
    owner, client = (insert("account", email=role, role=role) for role in ("coach", "client"))
    coach = insert("coach", id=owner, time_zone="Europe/Paris", slot_step_minutes=30)
    slot = "[2031-01-01T10:00Z, 2031-01-01T11:00Z)"
    booked = {"coach_id": coach, "client_id": client, "period": slot, "busy": slot, "status": "cancelled"}
    booking = insert("booking", **booked, policy="{}", currency="EUR")
    paid = {"status": "partially_refunded", "currency": "EUR", "session_expires_at": "2031-01-01T12:00Z"}
    payment = insert("payment", booking_id=booking, **paid, amount_minor=7500, amount_refunded_minor=2500)
    db.session.execute(text("UPDATE booking SET payment_id = :id"), {"id": payment})
    back = {"status": "succeeded", "currency": "EUR", "due_at": "2031-01-01T12:00Z", "amount_minor": 2500}
    insert("refund", payment_id=payment, **back, reason="the booking was cancelled")
    db.session.commit()

    for _ in range(2):
        upgrade()
        assert rows("SELECT payment_id, booking_id, amount_minor FROM payment_line") == [
            (payment, booking, 7500)
        ]
        assert rows("SELECT coach_id, client_id, amount_refunded_minor FROM payment") == [
            (coach, client, 2500)
        ]
        assert rows("SELECT booking_id, cause FROM refund") == [(booking, "cancelled")]
        downgrade(revision="0008")
        assert rows("SELECT id, booking_id FROM payment") == [(payment, booking)]
        assert rows("SELECT payment_id FROM booking") == [(payment,)]


def test_refunds_retried_before_are_known_as_followed_by_the_first_that_was_made(empty: Flask) -> None:
    upgrade(revision="0034")
    owner, client = (insert("account", email=role, role=role) for role in ("coach", "client"))
    coach = insert("coach", id=owner, time_zone="Europe/Paris", slot_step_minutes=30)
    paid = {"coach_id": coach, "client_id": client, "status": "succeeded", "currency": "EUR"}
    payment = insert("payment", **paid, amount_minor=7500, session_expires_at="2031-01-01T12:00Z")

    def refund(at: str, status: str, amount: int = 2000) -> UUID:
        of_it = {"payment_id": payment, "cause": "by_hand", "currency": "EUR", "due_at": f"2031-01-01T{at}Z"}
        return insert("refund", **of_it, status=status, amount_minor=amount, created_at=f"2031-01-01T{at}Z")

    failed, never_retried = refund("10:00:00", "failed"), refund("10:05:00", "failed", 1000)
    retries = {"action": "refund.retry", "subject": f"refund:{failed}"}
    for second in ("00.2", "00.4"):
        insert("audit_entry", **retries, created_at=f"2031-01-01T11:00:{second}Z")
    first, _second = refund("11:00:00.201", "succeeded"), refund("11:00:00.401", "succeeded")
    refund("11:00:00.3", "succeeded", 500)
    refund("12:00:00", "succeeded")
    db.session.commit()

    for _ in range(2):
        upgrade()
        assert rows("SELECT id, follows_id FROM refund WHERE follows_id IS NOT NULL") == [(first, failed)]
        downgrade(revision="0034")
    assert never_retried
    db.session.remove()


def test_debits_that_were_under_way_before_attempts_were_recorded_are_known_as_that(empty: Flask) -> None:
    upgrade(revision="0032")
    owner, client = (insert("account", email=role, role=role) for role in ("coach", "client"))
    coach = insert("coach", id=owner, time_zone="Europe/Paris", slot_step_minutes=30)
    paid = {"coach_id": coach, "client_id": client, "currency": "EUR", "amount_minor": 7500}

    def payment(status: str, intent: str) -> None:
        of_it = {"session_expires_at": "2031-01-01T12:00Z", "created_at": "2030-12-31T12:00Z"}
        insert("payment", **paid, **of_it, status=status, stripe_payment_intent_id=intent)

    for intent, status in (("pi_told", "processing"), ("pi_untold", "processing"), ("pi_paid", "succeeded")):
        payment(status, intent)
    about = {"type": "payment_intent.processing", "payment_intent_id": "pi_told", "status": "processed"}
    moments = {"due_at": "2031-01-01T12:00Z", "received_at": "2031-01-01T12:00Z"}
    insert("stripe_event", **about, **moments, payload='{"created": 1924999200}')
    db.session.commit()

    upgrade()

    found = rows("SELECT stripe_payment_intent_id, attempt_stage, attempt_at::text FROM payment ORDER BY 1")
    assert [each[:2] for each in found] == [("pi_paid", None), ("pi_told", 1), ("pi_untold", 1)]
    assert [str(each[2])[:10] for each in found[1:]] == ["2031-01-01", "2030-12-31"]


def test_coaches_from_before_the_search_are_found_without_accents(empty: Flask) -> None:
    upgrade(revision="0037")
    owners = [
        insert("account", email=name, role="coach", name=name) for name in ("Lucía", "Øyvind", "\u0301")
    ]
    for owner in owners:
        insert("coach", id=owner, time_zone="Europe/Paris", slot_step_minutes=30, headline="Über alles")
    db.session.commit()

    upgrade(revision="0038")

    found = rows("SELECT search_text FROM coach ORDER BY search_text")
    assert found == [("lucia uber alles",), ("oyvind uber alles",), ("uber alles",)]


def test_search_texts_lose_their_apostrophes_and_dashes(empty: Flask) -> None:
    upgrade(revision="0059")
    texts = {"seán o'neill": "seán oneill", "jean-luc - roy": "jean luc roy", "anne\u2013marie": "anne marie"}
    for number, old in enumerate(texts):
        owner = insert("account", email=f"{number}@example.com", role="coach")
        insert("coach", id=owner, time_zone="UTC", slot_step_minutes=30, search_text=old)
    db.session.commit()

    upgrade(revision="0060")

    found = rows("SELECT search_text FROM coach")
    assert sorted(found) == sorted((new,) for new in texts.values())


def test_languages_and_ideographs_are_searched_after_the_migration(empty: Flask) -> None:
    upgrade(revision="0061")
    owner = insert("account", email="a@example.com", role="coach")
    profile = {"search_text": "李小龍 kung fu", "languages": ["Français", "EN"]}
    insert("coach", id=owner, time_zone="UTC", slot_step_minutes=30, **profile)
    db.session.commit()

    upgrade(revision="0062")

    assert rows("SELECT search_text, search_languages FROM coach") == [
        ("李 小 龍 kung fu", ["français", "en"])
    ]
    db.session.remove()


def test_coaches_get_pages_named_after_them(empty: Flask) -> None:
    upgrade(revision="0063")
    for number, name in enumerate(("Lucía O'Neill", "Lucia ONeill", "李小龍", "Bo")):
        owner = insert("account", email=f"{number}@example.com", role="coach", name=name)
        insert("coach", id=owner, time_zone="UTC", slot_step_minutes=30)
    db.session.commit()

    upgrade(revision="0064")

    of = dict(rows("SELECT account.name, coach.slug FROM coach JOIN account USING (id)"))
    lucias = sorted(str(of[name]) for name in ("Lucía O'Neill", "Lucia ONeill"))
    assert lucias[0] == "lucia-oneill"
    assert lucias[1].startswith("lucia-oneill-")
    assert re.fullmatch("coach-[0-9a-f]{12}", str(of["李小龍"]))
    assert of["Bo"] == "coach-bo"
    assert rows("SELECT slug, coach_id FROM coach_slug ORDER BY slug") == rows(
        "SELECT slug, id FROM coach ORDER BY slug"
    )


def rows(query: str) -> list[tuple[object, ...]]:
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_a_request_is_answered_when_a_migration_has_widened_a_column_meanwhile(empty: Flask) -> None:
    """What a connection has prepared does not fit any more (PostgreSQL: "cached plan must not change …")."""
    upgrade()
    web = empty.test_client()
    asked_often = [web.get("/coach").status_code for _ in range(10)]  # psycopg prepares it by the fifth time
    release = create_engine(db.engine.url, poolclass=NullPool)
    with release.begin() as migration:
        migration.execute(text("ALTER TABLE coach ALTER hourly_rate_minor TYPE numeric"))

    assert {*asked_often, web.get("/coach").status_code} == {200}
