"""However much there is, and however Stripe feels, it is asked gently and nothing is left out."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.extensions import db, now
from app.payments.reconciliation import progress, run
from app.payments.reconciliation.disputes import OPEN_DISPUTES
from app.payments.reconciliation.events import EVENTS
from app.payments.reconciliation.lists import MAX_ONE_BY_ONE, TooMany, listed
from app.payments.reconciliation.pace import Pace
from app.payments.reconciliation.progress import Reconciliation
from app.payments.reconciliation.windows import EVENTS_KEPT, BadWindow, Stage, Window, asked, recent
from app.payments.stripe import listing
from app.payments.stripe.client import StripeAway, StripeBusy
from app.payments.stripe.listing import Span
from app.payments.webhook import inbox
from app.payments.webhook.inbox import SUBSCRIBED
from tests.configuration import Configure
from tests.payments.reconciliation.comparisons import (
    PATIENCE,
    compared,
    forget_requests,
    reconciled,
    requests,
)
from tests.people import Person, next_week
from tests.shop import Shop
from tests.waiting import wait_until

KEY = {"Authorization": "Bearer sk_test_sandbox"}


def make_intents(shop: Shop, count: int) -> None:
    for _ in range(count):
        intent = {"amount": 500, "currency": "eur"}
        made = shop.sandbox.http.post(
            f"{shop.sandbox.stripe_url}/v1/payment_intents", data=intent, headers=KEY
        )
        assert made.status_code == 200


def test_a_list_of_many_pages_is_read_to_its_end(silent: Shop) -> None:
    make_intents(silent, 230)
    forget_requests(silent)

    reconciled(silent)

    (row,) = (each for each in silent.rows(Reconciliation) if each.stage is Stage.INTENTS)
    assert row.seen == 230
    pages = requests(silent, "/v1/payment_intents")
    assert [len(page["answer"]["data"]) for page in pages] == [100, 100, 30]
    assert pages[1]["params"]["starting_after"] == pages[0]["answer"]["data"][-1]["id"]


def test_more_than_is_held_at_a_time_is_taken_in_shorter_spans(silent: Shop) -> None:
    began = datetime.now(UTC)
    make_intents(silent, 340)
    while datetime.now(UTC) - began < timedelta(seconds=4):  # not all in one second
        make_intents(silent, 1)

    reconciled(silent, "2m")

    pages = requests(silent, "/v1/payment_intents")
    assert len({tuple(page["params"].get("created", {}).values()) for page in pages}) > 2
    (row,) = (each for each in silent.rows(Reconciliation) if each.stage is Stage.INTENTS)
    assert row.seen == len(list_all(silent))


def list_all(shop: Shop) -> list[str]:
    found: list[str] = []
    while True:
        after = f"&starting_after={found[-1]}" if found else ""
        page = shop.at_stripe(f"/v1/payment_intents?limit=100{after}")
        found += [each["id"] for each in page["data"]]
        if not page["has_more"]:
            return found


def test_a_busy_stripe_is_waited_for_as_long_as_it_says(silent: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    silent.paid(client.checks_out(booking))
    silent.sandbox.control("/faults", path="/v1/events", status=429, retry_after_seconds=1, times=2)
    began = time.monotonic()

    reconciled(silent)

    assert time.monotonic() - began > 2
    assert client.booking(booking)["status"] == "confirmed"
    assert [asked_for["status"] for asked_for in requests(silent, "/v1/events")][-4:] == [429, 429, 200, 200]


def test_a_busy_stripe_that_does_not_say_is_waited_for_all_the_same(silent: Shop) -> None:
    silent.sandbox.control("/faults", path="/v1/refunds", status=429)

    reconciled(silent)

    assert [asked_for["status"] for asked_for in requests(silent, "/v1/refunds")] == [429, 200]


@pytest.mark.parametrize(
    ("fault", "failure"),
    [({"status": 429, "retry_after_seconds": 60}, StripeBusy), ({"status": 503, "times": 3}, StripeAway)],
    ids=["too busy", "away"],
)
def test_a_run_that_gave_up_goes_on_where_it_stopped(
    silent: Shop, client: Person, coach: Person, fault: dict[str, Any], failure: type[Exception]
) -> None:
    silent.paid(client.checks_out(client.books(coach)))
    silent.sandbox.control("/faults", path="/v1/refunds", **fault)
    with pytest.raises(failure):
        reconciled(silent)
    done = {row.stage: row.point for row in silent.rows(Reconciliation)}[Stage.EVENTS]
    forget_requests(silent)

    reconciled(silent)

    events = requests(silent, "/v1/events")
    assert all(page["params"]["created"]["gte"] >= done.timestamp() for page in events)
    assert all(row.is_done for row in silent.rows(Reconciliation))


def test_a_run_that_goes_on_compares_what_came_to_be_meanwhile(
    silent: Shop, client: Person, coach: Person
) -> None:
    silent.sandbox.control("/faults", path="/v1/refunds", status=429, retry_after_seconds=60)
    with pytest.raises(StripeBusy):
        reconciled(silent)
    began = now()
    wait_until(lambda: now() > began + timedelta(seconds=1))
    booking = client.books(coach)
    silent.paid(client.checks_out(booking))

    reconciled(silent)

    assert client.booking(booking)["status"] == "confirmed"


@pytest.mark.parametrize("count", [22, 40, 45])
def test_of_however_many_types_events_are_listed_by_twenty(
    silent: Shop, client: Person, coach: Person, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    more = {f"radar.early_fraud_warning.{number:02}" for number in range(count - len(SUBSCRIBED))}
    monkeypatch.setattr(inbox, "SUBSCRIBED", SUBSCRIBED | more)
    booking = client.books(coach)
    silent.paid(client.checks_out(booking))

    reconciled(silent)

    listed_here = [page["params"] for page in requests(silent, "/v1/events")]
    asked_for = [params["types"] for params in listed_here if "types" in params]
    assert all(len(types) <= 20 for types in asked_for)
    assert sorted(name for types in asked_for for name in types) == sorted(inbox.SUBSCRIBED)
    of_money = {name for name in SUBSCRIBED if not name.startswith(("radar", "transfer", "application_fee"))}
    assert of_money <= set(asked_for[-1])  # in Stripe's own order, also within a second
    assert client.booking(booking)["status"] == "confirmed"


def test_events_of_several_groups_and_pages_come_once_and_in_their_order(
    silent: Shop, client: Person, coach: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hour in (8, 10):
        silent.paid(client.checks_out(client.books(coach, next_week(hour))))
    monkeypatch.setattr(listing, "PAGE", 3)
    monkeypatch.setattr(listing, "MAX_TYPES", 4)
    subject = replace(EVENTS, page=lambda span, after: listing.events(span, after, SUBSCRIBED))
    hour = Span(now() - timedelta(hours=1), now() + timedelta(seconds=2))

    found = silent.work(listed, subject, hour, [], Pace(PATIENCE, 100))

    everything = [
        each for each in silent.at_stripe("/v1/events?limit=100")["data"] if each["type"] in SUBSCRIBED
    ]
    assert not isinstance(found, TooMany)
    assert sorted(found) == sorted(each["id"] for each in everything)
    made = [event["created"] for event in found.values() if event]
    assert made == sorted(made)


def test_requests_keep_a_distance(silent: Shop, configure: Configure) -> None:
    configure(stripe_reads_per_second=10)
    began = time.monotonic()

    reconciled(silent)

    asked_for = len(requests(silent, "/v1/events")) + 3
    assert time.monotonic() - began > (asked_for - 1) * 0.1


def test_two_at_once_are_one(silent: Shop) -> None:
    def second() -> None:
        first = run.run(asked("1h"), PATIENCE)
        next(first)
        with pytest.raises(run.AnotherAtWork):
            next(run.run(asked("1h"), PATIENCE))
        first.close()

    silent.work(second)
    reconciled(silent)


def stages_of(shop: Shop, window: Window) -> dict[Stage, Reconciliation]:
    return {row.stage: row for row in shop.work(progress.begin, window)}


def test_beat_s_window_goes_back_to_where_the_last_one_ended(silent: Shop) -> None:
    long_ago = Window("recent", now() - timedelta(days=9), now() - timedelta(days=8), [Stage.REFUNDS], 100)
    (row,) = silent.work(progress.begin, long_ago)
    silent.work(progress.advance, row, row.until, 0, 0, 0)

    assert stages_of(silent, recent())[Stage.REFUNDS].since == long_ago.until


def test_what_an_unfinished_run_did_not_look_at_is_looked_at_by_the_next(silent: Shop) -> None:
    long_ago = Window("recent", now() - timedelta(days=40), now() - timedelta(days=39), [*Stage], 100)
    silent.work(progress.begin, long_ago)
    db.session.execute(text("UPDATE reconciliation SET updated_at = now() - interval '39 days'"))
    db.session.commit()

    stages = stages_of(silent, recent())

    assert stages[Stage.SESSIONS].since == long_ago.since
    assert stages[Stage.EVENTS].since == stages[Stage.EVENTS].until - EVENTS_KEPT


def test_an_operator_s_window_is_what_was_typed(silent: Shop) -> None:
    day = asked("24h")
    assert day.until - day.since == timedelta(hours=24, seconds=1)
    assert asked("2026-11-01").since == datetime(2026, 11, 1, tzinfo=UTC)
    assert asked("2026-11-01T10:00:00+02:00").since == datetime(2026, 11, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "typed", ["", "0h", "yesterday", "-1d", "24", "2999-01-01", "1y", "0001-01-01T00:00+14:00"]
)
def test_what_is_no_time_is_refused(typed: str) -> None:
    with pytest.raises(BadWindow):
        asked(typed)


def test_what_must_be_looked_up_one_by_one_is_taken_in_short_steps(silent: Shop) -> None:
    several = [f"dp_{number}" for number in range(MAX_ONE_BY_ONE + 1)]
    day = Span(now() - timedelta(days=1), now())

    assert silent.work(listed, OPEN_DISPUTES, day, several, Pace(PATIENCE, 100)) == TooMany(
        timedelta(hours=12)
    )

    assert requests(silent, "/v1/disputes/*") == []
    second = Span(day.until - timedelta(seconds=1), day.until)
    few = silent.work(listed, OPEN_DISPUTES, second, several[:3], Pace(PATIENCE, 100))
    assert few == dict.fromkeys(several[:3])


def test_of_a_second_in_which_very_much_went_wrong_nothing_is_left_out(silent: Shop) -> None:
    stuck = "'evt_' || n, 'charge.updated', false, '{\"data\": {\"object\": {}}}', 'failed', 1"
    columns = "id, type, livemode, payload, status, attempts, due_at, received_at, request_id"
    at = "now() - interval '3 hours', now() - interval '3 hours', '-'"
    db.session.execute(
        text(f"INSERT INTO stripe_event ({columns}) SELECT {stuck}, {at} FROM generate_series(1, 350) n")
    )
    db.session.commit()
    window = Window("stuck", now() - timedelta(hours=1), now() + timedelta(seconds=1), [Stage.STUCK_EVENTS])

    assert compared(silent, window) == {Stage.STUCK_EVENTS: (0, 350)}
