"""A quiet shop asks Stripe little, and what was lost is found within the time that we say."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import text

from app.extensions import db, now
from app.payments.models import Dispute, Refund
from app.payments.reconciliation import schedule
from app.payments.reconciliation.windows import QUIET, recent
from tests.clock import Clock
from tests.payments.reconciliation.comparisons import compared, forget_requests, requests
from tests.people import Person
from tests.shop import Shop

BEAT = timedelta(minutes=5)


@dataclass
class Day:
    """Beat coming by every five minutes, by a clock that is ours."""

    shop: Shop
    clock: Clock

    def passes(self, length: timedelta) -> list[datetime]:
        """When Stripe was asked meanwhile."""
        end, asked = self.clock.at + length, []
        while self.clock.at < end:
            self.clock.at += BEAT
            if self.beat():
                asked.append(self.clock.at)
        return asked

    def beat(self) -> bool:
        if not self.shop.work(schedule.is_due, recent()):
            return False
        compared(self.shop, recent())
        return True


@pytest.fixture
def day(silent: Shop, monkeypatch: pytest.MonkeyPatch) -> Day:
    clock = Clock(now())
    monkeypatch.setattr("app.extensions.datetime", clock)
    return Day(silent, clock)


TIMES = {
    "stripe_event": "received_at",
    "payment": "created_at",
    "refund": "created_at",
    "difference": "created_at",
}
"""When each kind of news came."""


def sql(statement: str) -> None:
    db.session.execute(text(statement))
    db.session.commit()


def is_long_ago() -> None:
    """Everything that is news happened two days ago."""
    for table, name in TIMES.items():
        sql(f"UPDATE {table} SET {name} = {name} - interval '2 days'")


def pauses(asked: list[datetime]) -> list[int]:
    """In minutes, from one comparison to the next."""
    return [round((after - before) / timedelta(minutes=1)) for before, after in pairwise(asked)]


def test_a_day_of_a_quiet_shop_costs_few_reads(day: Day) -> None:
    forget_requests(day.shop)

    asked = day.passes(timedelta(days=1))

    reads = [each for each in requests(day.shop, "*") if each["method"] == "GET"]
    assert len(asked) <= 25
    assert len(reads) <= 25 * 6  # 1,728 by a comparison every five minutes


def test_after_the_last_news_the_pauses_grow_to_an_hour_and_no_further(
    day: Day, client: Person, coach: Person
) -> None:
    day.shop.pays_for(client, coach)

    grown = pauses(day.passes(timedelta(hours=9)))

    assert grown == sorted(grown)
    assert (grown[0], grown[-1]) == (5, 60)
    assert len(grown) < 25


def test_while_a_page_is_open_it_stays_as_often_as_ever(day: Day, client: Person, coach: Person) -> None:
    client.checks_out(client.books(coach))
    sql("UPDATE payment SET session_expires_at = session_expires_at + interval '1 day'")
    is_long_ago()
    day.beat()

    assert set(pauses(day.passes(timedelta(hours=2)))) == {5}


@pytest.mark.parametrize("status", ["pending", "requires_action"])
def test_so_it_does_while_money_goes_back(day: Day, client: Person, coach: Person, status: str) -> None:
    _, checkout = day.shop.pays_for(client, coach)
    day.shop.deliver_event(day.shop.refunds_by_hand(checkout, 1000)[0])
    is_long_ago()

    sql(f"UPDATE refund SET status = '{status}'")
    assert day.shop.work(schedule.pause) == schedule.OFTEN
    sql("UPDATE refund SET status = 'succeeded'")
    assert day.shop.work(schedule.pause) == schedule.SELDOM


@pytest.mark.parametrize("news", TIMES)
def test_any_news_quickens_it_again(day: Day, client: Person, coach: Person, news: str) -> None:
    _, checkout = day.shop.pays_for(client, coach)
    day.shop.deliver_event(day.shop.refunds_by_hand(checkout, 1000)[0])
    columns = "id, kind, stripe_id, stripe_says, we_say, last_seen"
    sql(f"INSERT INTO difference ({columns}) VALUES (gen_random_uuid(), 'refund', 're_1', 'a', 'b', now())")
    is_long_ago()
    assert day.shop.work(schedule.pause) == schedule.SELDOM

    sql(f"UPDATE {news} SET {TIMES[news]} = now()")

    assert day.shop.work(schedule.pause) == schedule.OFTEN


def test_a_refund_in_the_dashboard_that_nobody_told_is_found_within_the_hour(
    day: Day, client: Person, coach: Person
) -> None:
    _, checkout = day.shop.pays_for(client, coach)
    day.passes(timedelta(hours=6))
    day.shop.refunds_by_hand(checkout, 1000)
    began = day.clock.at

    while not day.shop.rows(Refund):
        day.passes(BEAT)

    assert day.clock.at - began <= schedule.SELDOM + QUIET + BEAT
    assert client.payment(checkout)["amount_refunded"] == 10


def test_so_is_a_dispute(day: Day, client: Person, coach: Person) -> None:
    _, checkout = day.shop.pays_for(client, coach)
    day.passes(timedelta(hours=6))
    day.shop.sandbox.control(f"/payments/{checkout['session_id']}/dispute")
    began = day.clock.at

    while not day.shop.rows(Dispute):
        day.passes(BEAT)

    assert day.clock.at - began <= schedule.SELDOM + QUIET + BEAT


def test_a_run_that_was_not_finished_is_due_at_once(day: Day) -> None:
    day.passes(timedelta(hours=6))
    assert not day.beat()
    day.shop.sandbox.control("/faults", path="/v1/refunds", status=503, times=10)
    day.clock.at += schedule.SELDOM
    with pytest.raises(Exception, match="Stripe"):
        day.beat()
    day.shop.sandbox.behaves()
    day.clock.at += BEAT

    assert day.beat()
