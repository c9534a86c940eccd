"""What the bench loads."""

from collections.abc import Iterator
from datetime import UTC, datetime
from inspect import unwrap

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text

from app.admin import erased_coaches
from app.emails import recipient_limits
from app.extensions import db
from bench import coach_lists, free_times, operators, sweeps, unpaid
from bench.bulk import bare
from bench.businesses import businesses
from bench.load import TABLES
from bench.people import Business
from bench.trail import FORGOTTEN

DEFINITIONS = """
SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint UNION SELECT indexdef FROM pg_indexes
"""


@pytest.fixture(scope="module")
def loaded(environment: dict[str, str]) -> Iterator[Flask]:
    few = Business(bookings=1200, coaches=150, clients=300)
    with businesses([few], datetime.now(UTC)) as apps:
        yield apps[few.bookings]


@pytest.fixture
def business(loaded: Flask) -> Iterator[Flask]:
    """A small business; whatever a test writes is undone."""
    with loaded.app_context():
        yield loaded


def test_all_that_bookings_leave_behind_is_there(business: Flask) -> None:
    count = {table: db.session.scalar(text(f"SELECT count(*) FROM {table}")) for table in TABLES}

    assert count["booking"] == count["payment"] == count["payment_line"] == 1200
    assert count["stripe_event"] > 2000
    assert count["email"] > 3000
    assert 20 < count["refund"] < 200
    assert 20 < count["audit_entry"] < 200


def test_the_directory_has_coaches_of_all_kinds(business: Flask) -> None:
    found = {question.name: question.by(0)() for question in coach_lists.questions()}

    assert found["coaches: all"] == found["coaches: a common language"] == 21
    assert found["coaches: a rare name, last name first"] == found["coaches: a rare language"] == 1
    assert not any(things for name, things in found.items() if "nobody" in name or "no name" in name)


def test_every_list_of_the_operator_is_asked_for(business: Flask) -> None:
    views = {
        unwrap(business.view_functions[rule.endpoint])
        for rule in business.url_map.iter_rules()
        if rule.rule.startswith("/admin") and ".list_" in rule.endpoint
    }
    asked = {unwrap(view) for _, view, *_ in operators.LISTS}

    assert views == asked | {unwrap(erased_coaches.list_erased_coaches)}


def test_each_sweep_finds_what_was_left_to_it(business: Flask) -> None:
    found = {question.name: question.by(0)() for question in sweeps.questions()}

    assert found.pop("sweep: sessions over") == 0
    assert set(found.values()) == {FORGOTTEN}


def test_no_mail_that_a_bench_waits_for_is_above_its_recipients_bound() -> None:
    for_each = max(free_times.TIMES, unpaid.SESSIONS_EACH)
    assert for_each <= recipient_limits.MAX_OF_KIND


def test_after_a_bulk_load_every_key_reference_and_index_is_as_it_was(business: Flask) -> None:
    url = business.config["SQLALCHEMY_DATABASE_URI"].replace("+psycopg", "")
    with psycopg.connect(url) as connection, connection.transaction(force_rollback=True):
        before = set(connection.execute(DEFINITIONS))
        with bare(connection, TABLES):
            meanwhile = set(connection.execute(DEFINITIONS))

        assert set(connection.execute(DEFINITIONS)) == before
        assert len(meanwhile) < len(before) - 40
