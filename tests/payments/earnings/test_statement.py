"""A coach's month on paper: what moved, what was owed before and after; and a month that is over stays."""

import csv
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest

from app.payments.ledger import posting
from tests.payments.earnings.coach_earnings import pays_out, take_place
from tests.people import Person, next_week
from tests.shop import Commission, Shop, become_admin


@dataclass
class Clock:
    """What the books take for now."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def to(self, *moment: int) -> None:
        self.at = datetime(*moment, tzinfo=UTC)  # type: ignore[misc]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(datetime(2031, 1, 15, 12, tzinfo=UTC))
    monkeypatch.setattr(posting, "now", clock.now)
    return clock


def month(person: Person, name: str, of: str = "coach/me") -> dict[str, Any]:
    answer = person.get(f"/{of}/statement/{name}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def moved(found: dict[str, Any]) -> list[tuple[str, str, float]]:
    return [(line["date"], line["kind"], line["amount"]) for line in found["lines"]]


def balances(found: dict[str, Any]) -> list[tuple[str, float, float, float]]:
    return [(each["currency"], each["opening"], each["net"], each["closing"]) for each in found["totals"]]


def table(person: Person, name: str) -> list[dict[str, str]]:
    answer = person.get(f"/coach/me/statement/{name}.csv")
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(StringIO(answer.text, newline="")))


def refunded(shop: Shop, checkout: dict[str, Any], amount: int) -> None:
    for event in shop.refunds_by_hand(checkout, amount):
        shop.deliver_event(event)


def an_admin(beside: Person) -> Person:
    admin = Person.registered(beside.http, "client")
    become_admin(admin)
    return admin


def test_each_movement_is_a_line_of_the_day_on_which_it_happened(
    shop: Shop, client: Person, coach: Person, clock: Clock, commission: Commission
) -> None:
    commission("10")
    clock.to(2031, 1, 3, 9)
    booking, checkout = shop.pays_for(client, coach)
    clock.to(2031, 1, 4, 9)
    shop.settles(checkout)
    clock.to(2031, 1, 20, 9)
    refunded(shop, checkout, 2500)

    found = month(coach, "2031-01")

    assert moved(found) == [
        ("2031-01-03", "payment", 75.0),
        ("2031-01-03", "commission", -7.5),
        ("2031-01-04", "fee", -1.38),
        ("2031-01-20", "refund", -25.0),
        ("2031-01-20", "commission", 2.5),
    ]
    assert {line["booking_id"] for line in found["lines"]} == {booking["id"]}
    assert {line["client"] for line in found["lines"]} == {client.get("/auth/me").json()["name"]}
    assert balances(found) == [("EUR", 0.0, 43.62, 43.62)]
    assert (found["month"], found["time_zone"], found["is_closed"]) == ("2031-01", "Europe/Paris", False)


def test_what_happens_later_falls_into_its_own_month_and_leaves_the_one_before_as_it_was(
    shop: Shop, client: Person, coach: Person, clock: Clock, commission: Commission
) -> None:
    commission("10")
    _, checkout = shop.pays_for(client, coach)
    clock.to(2031, 2, 1, 12)
    january, as_csv = month(coach, "2031-01"), table(coach, "2031-01")

    refunded(shop, checkout, 3000)
    shop.settles(checkout)
    commission("50")
    coach.open_for_business(currency="JPY", hourly_rate=8000, time_zone="Pacific/Auckland")

    assert january["is_closed"]
    assert month(coach, "2031-01") | {"time_zone": "Europe/Paris"} == january
    assert table(coach, "2031-01") == as_csv
    assert [line["kind"] for line in month(coach, "2031-02")["lines"]] == ["refund", "commission", "fee"]
    assert balances(month(coach, "2031-02")) == [("EUR", 67.5, -28.38, 39.12)]
    clock.to(2031, 4, 1, 12)
    assert balances(month(coach, "2031-03")) == [("EUR", 39.12, 0.0, 39.12)]


def test_the_month_turns_at_midnight_of_the_coach(
    shop: Shop, client: Person, coach: Person, clock: Clock
) -> None:
    clock.to(2031, 1, 31, 23, 30)  # in Paris it is February

    shop.pays_for(client, coach)

    assert moved(month(coach, "2031-01")) == []
    assert moved(month(coach, "2031-02")) == [("2031-02-01", "payment", 75.0)]


def test_who_moves_west_gets_no_new_entries_in_a_day_that_is_over(
    shop: Shop, client: Person, coach: Person, clock: Clock
) -> None:
    clock.to(2031, 1, 31, 23, 30)
    _, checkout = shop.pays_for(client, coach)
    coach.open_for_business(time_zone="America/New_York")  # where it is January still

    refunded(shop, checkout, 2500)

    assert moved(month(coach, "2031-02")) == [
        ("2031-02-01", "payment", 75.0),
        ("2031-02-01", "refund", -25.0),
    ]


def test_who_is_paid_out_and_moves_west_gets_no_new_entries_before_the_payout(
    shop: Shop, client: Person, coach: Person, admin: Person, clock: Clock
) -> None:
    clock.to(2031, 1, 15, 9)
    _, checkout = shop.pays_for(client, coach)
    clock.to(2031, 1, 31, 23, 30)
    take_place()
    assert pays_out(admin, coach, 75).status_code == 201
    coach.open_for_business(time_zone="America/New_York")  # where it is January still

    refunded(shop, checkout, 2500)

    assert moved(month(coach, "2031-01")) == [("2031-01-15", "payment", 75.0)]
    assert ("2031-02-01", "refund", -25.0) in moved(month(coach, "2031-02"))


def test_the_table_says_the_same_as_the_json_in_two_columns(
    shop: Shop, client: Person, coach: Person, clock: Clock, commission: Commission
) -> None:
    commission("10")
    clock.to(2031, 1, 3, 9)
    booking, checkout = shop.pays_for(client, coach)
    clock.to(2031, 2, 5, 9)
    refunded(shop, checkout, 7500)

    rows = table(coach, "2031-02")

    amounts = [(row["date"], row["kind"], row["money_in"], row["money_out"], row["currency"]) for row in rows]
    assert amounts == [
        ("2031-02-01", "opening", "67.50", "", "EUR"),
        ("2031-02-05", "refund", "", "75.00", "EUR"),
        ("2031-02-05", "commission", "7.50", "", "EUR"),
        ("2031-02-28", "closing", "0.00", "", "EUR"),
    ]
    assert [row["booking_id"] for row in rows] == ["", booking["id"], booking["id"], ""]


def test_the_table_is_a_file_of_lines_as_rfc_4180_ends_them(
    shop: Shop, client: Person, coach: Person, clock: Clock
) -> None:
    shop.pays_for(client, coach)

    answer = coach.get("/coach/me/statement/2031-01.csv")

    assert answer.headers["Content-Type"].startswith("text/csv; charset=utf-8")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="statement-2031-01.csv"'
    assert answer.text.count("\r\n") == answer.text.count("\n") == 4


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+33 612345678", "'+33 612345678"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1+1", "'＝1+1"),  # noqa: RUF001 - full width, which some spreadsheets take for the same
        ('=HYPERLINK("tel:1","x")', '\'=HYPERLINK("tel:1","x")'),
        ('Ann "Annie", née Lee', 'Ann "Annie", née Lee'),
        ("Sam;=1+cmd|' /C calc'!A0", "Sam;'=1+cmd|' /C calc'!A0"),
        ("Lee, @SUM(A1)", "Lee, '@SUM(A1)"),
        ("Sam； －2+3", "Sam； '－2+3"),  # noqa: RUF001 - full width
        ("Sam;\u00a0;+1;-2", "Sam;\u00a0;'+1;'-2"),
        ("Sam|=1|Lee", "Sam|'=1|Lee"),
        ('Sam;"=1+1;x', "Sam;\"'=1+1;x"),
        ("Anna-Maria Lee+Co", "Anna-Maria Lee+Co"),
    ],
)
def test_no_name_is_a_formula(shop: Shop, coach: Person, clock: Clock, name: str, cell: str) -> None:
    shop.pays_for(Person.registered(coach.http, "client", name=name), coach)

    assert [row["client"] for row in table(coach, "2031-01")] == ["", cell, ""]


@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t"])
@pytest.mark.parametrize("quotes", [csv.QUOTE_MINIMAL, csv.QUOTE_NONE])
def test_whatever_separates_cells_none_begins_a_formula_and_numbers_stay_numbers(
    shop: Shop, coach: Person, clock: Clock, delimiter: str, quotes: int
) -> None:
    name = 'Sam;=1+cmd|@SUM(1), =2;\u3000-3,+4 ＝5;"=6;"" +7'  # noqa: RUF001
    shop.pays_for(Person.registered(coach.http, "client", name=name), coach)

    text = coach.get("/coach/me/statement/2031-01.csv").text

    rows = list(csv.reader(StringIO(text, newline=""), delimiter=delimiter, quoting=quotes))
    begin = {cell.strip().strip('"').strip()[:1] for row in rows for cell in row}
    assert not begin & set("=+-@＝")  # noqa: RUF001
    assert [line for line in text.splitlines() if not re.fullmatch(r'("([^"]|"")*"(,|$))+', line)] == []
    assert '"' + '","'.join(["75.00", "", "EUR"]) + '"' in text


def test_each_currency_is_counted_by_itself(shop: Shop, client: Person, coach: Person, clock: Clock) -> None:
    shop.pays_for(client, coach)
    coach.open_for_business(currency="KWD", hourly_rate=23.45)
    other = Person.registered(client.http, "client")
    shop.deliver_event(shop.paid(other.checks_out(other.books(coach, next_week(15)))))

    assert balances(month(coach, "2031-01")) == [("EUR", 0.0, 75.0, 75.0), ("KWD", 0.0, 23.45, 23.45)]
    assert [row["money_in"] for row in table(coach, "2031-01")][2:4] == ["75.00", "23.450"]


def test_a_month_without_a_movement_says_what_is_owed_or_nothing(
    shop: Shop, client: Person, coach: Person, clock: Clock
) -> None:
    shop.pays_for(client, coach)

    before = month(coach, "2030-12")
    assert (before["lines"], before["totals"], before["is_closed"]) == ([], [], True)
    assert len(table(coach, "2030-12")) == 0


@pytest.mark.parametrize(
    "name",
    ["2031-02", "2031-13", "2031-1", "2031-00", "31-01", "2031-01-01", "x"],
)
def test_what_is_no_month_or_has_not_begun_is_not_found(coach: Person, clock: Clock, name: str) -> None:
    assert coach.get(f"/coach/me/statement/{name}").status_code == 404
    assert coach.get(f"/coach/me/statement/{name}.csv").status_code == 404


def test_an_admin_reads_every_coachs_and_nobody_else_does(
    shop: Shop, client: Person, coach: Person, clock: Clock
) -> None:
    shop.pays_for(client, coach)
    other = Person.registered(client.http, "coach", "UTC")
    path = f"/admin/coach/{coach.id}/statement/2031-01"

    assert month(an_admin(client), "2031-01", of=f"admin/coach/{coach.id}") == month(coach, "2031-01")
    assert [person.get(path).status_code for person in (client, coach, other)] == [403] * 3
    assert client.get("/coach/me/statement/2031-01").status_code == 403
    assert month(other, "2031-01")["lines"] == []


def test_of_a_coach_who_is_none_there_is_no_statement(shop: Shop, client: Person, clock: Clock) -> None:
    admin = an_admin(client)

    assert admin.get(f"/admin/coach/{client.id}/statement/2031-01").status_code == 404
