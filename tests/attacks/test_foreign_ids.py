"""IDOR: every id that a body, a query or a header takes, tried by somebody whose it is not.

Ids in paths stand in tests/accounts/access_table.py. A place that is new fails here until it is listed.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.http.pagination import cursor_after
from tests.accounts.access_world import World, world
from tests.attacks.database_rows import all_rows
from tests.attacks.openapi_values import places
from tests.people import PAID, Person, next_week
from tests.shop import Shop

__all__ = ["world"]
KEYED = (
    "/auth/second-factor",
    "/auth/second-factor/confirm",
    "/auth/second-factor/recovery-codes",
    "/auth/verify/resend",
    "/booking",
    "/booking/feed",
    "/booking/series",
    "/booking/{booking_id}/cancel",
    "/booking/{booking_id}/complete",
    "/booking/{booking_id}/no-show",
    "/booking/{booking_id}/reschedule",
    "/coach/me/payout-account",
    "/coach/me/time-off",
    "/payment/checkout",
    "/payment/{payment_id}/refund",
)
SECRETS = {
    "POST /auth/password/reset body:token": "tests/accounts/test_password_reset.py",
    "POST /auth/refresh body:refresh_token": "tests/accounts/test_sessions.py",
    "POST /auth/verify body:token": "tests/accounts/test_verification.py",
} | {f"POST {path} header:Idempotency-Key": "tests/test_idempotency.py" for path in KEYED}
"""Who has it may use it; that nobody else can make one, and that none opens anything else, is told there."""
EVERYBODYS = {"GET /coach query:cursor", "POST /booking body:coach_id", "POST /booking/series body:coach_id"}
"""Ids of what everybody may see."""
Attempt = Callable[["Intruders", World], httpx.Response]


class Intruders:
    """A client and a coach who have nothing to do with the client and the coach of the world."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        self.client = Person.registered(http, "client")
        self.coach = Person.registered(http, "coach").open_for_business()
        self.feed_token = httpx.URL(self.client.post("/booking/feed").json()["url"]).params["token"]

    def checks_out(self, **order: str) -> httpx.Response:
        urls = {"success_url": PAID, "cancel_url": PAID}
        return self.client.post("/payment/checkout", json={**order, **urls})


def after(year: int) -> str:
    """The cursor of a list that goes on there, as one of the world's people would get it."""
    return cursor_after(datetime(year, 1, 1, tzinfo=UTC), UUID(int=0))


ATTEMPTS: dict[str, Attempt] = {
    "GET /booking query:as": lambda they, _: they.client.get("/booking?as=coach"),
    "GET /booking query:cursor": lambda they, _: they.client.get(f"/booking?cursor={after(2020)}"),
    "GET /booking/feed.ics query:token": (
        lambda they, _: they.http.get(f"/booking/feed.ics?token={they.feed_token}")
    ),
    "GET /coach/{coach_id}/calendar.ics query:token": (
        lambda they, of: they.http.get(f"/coach/{of['coach_id']}/calendar.ics?token={they.feed_token}")
    ),
    "GET /coach/me/earnings query:booking_id": (
        lambda they, of: they.coach.get(f"/coach/me/earnings?booking_id={of['booking_id']}")
    ),
    "GET /coach/me/time-off query:cursor": (
        lambda they, _: they.coach.get(f"/coach/me/time-off?cursor={after(2020)}")
    ),
    "GET /payment query:booking_id": (
        lambda they, of: they.client.get(f"/payment?booking_id={of['booking_id']}")
    ),
    "GET /payment query:cursor": lambda they, _: they.coach.get(f"/payment?cursor={after(2190)}"),
    "POST /payment/checkout body:booking_id": (lambda they, of: they.checks_out(booking_id=of["booking_id"])),
    "POST /payment/checkout body:series_id": lambda they, of: they.checks_out(series_id=of["series_id"]),
}
OF_A_PAYMENT = {"POST /payment/{payment_id}/refund body:booking_id"}
"""Tried by the payment's own coach, with the booking of somebody else."""


def is_an_id(name: str, schema: dict[str, Any]) -> bool:
    last = name.rpartition("/")[2].removesuffix("[]")
    by_name = last in {"as", "cursor", "token", "Idempotency-Key"} or last.endswith(("_id", "_token", "_ids"))
    return by_name or schema.get("format") == "uuid"


def test_every_id_that_is_taken_is_tried(http: httpx.Client) -> None:
    taken = {
        str(place)
        for place, schema in places(http.get("/openapi.json").json())
        if place.part != "path" and is_an_id(place.name, schema)
    }
    admins = {place for place in taken if place.partition(" ")[2].startswith("/admin/")}

    assert taken - admins == ATTEMPTS.keys() | SECRETS.keys() | EVERYBODYS | OF_A_PAYMENT
    assert admins, "an operator sees everything; that nobody else does stands in the table of routes"


def test_no_id_shows_or_changes_what_is_somebody_elses(
    http: httpx.Client, world: World, client: Person, coach: Person
) -> None:
    they = Intruders(http)
    hidden = {*world.values(), client.id, client.email, coach.email} - {
        world["month"],
        world["name"],
        coach.id,
    }
    before = all_rows()

    for place, attempt in ATTEMPTS.items():
        answer = attempt(they, world)
        assert answer.status_code in {200, 404}, (place, answer.text)
        if answer.status_code == 200:
            assert [secret for secret in hidden if secret in answer.text] == [], place

    assert all_rows() == before


def test_a_coach_gives_back_only_what_the_payment_was_for(
    shop: Shop, http: httpx.Client, client: Person, coach: Person
) -> None:
    they = Intruders(http)
    _, checkout = shop.pays_for(client, coach)
    foreign = they.client.books(they.coach)

    refund = {"reason": "not mine", "booking_id": foreign["id"]}
    answer = coach.post(f"/payment/{checkout['payment_id']}/refund", json=refund)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/booking_id")
    assert client.payment(checkout)["refunds"] == []


@pytest.mark.parametrize("cursor", ["W10=", "WzEsMl0=", "ü", "%00", "bnVsbA==", "e30="])
def test_a_cursor_that_we_did_not_make_is_refused(
    http: httpx.Client, client: Person, coach: Person, cursor: str
) -> None:
    asked = http.get("/coach", params={"cursor": cursor}), client.get("/booking", params={"cursor": cursor})

    for answer in (*asked, coach.get("/coach/me/time-off", params={"cursor": cursor})):
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "cursor")


def test_somebody_without_sessions_is_the_coach_of_none(client: Person, coach: Person) -> None:
    booking = client.books(coach, next_week())

    assert client.get("/booking?as=coach").json()["items"] == []
    assert coach.get("/booking?as=client").json()["items"] == []
    assert coach.get("/booking?as=coach").json()["items"][0]["id"] == booking["id"]
