"""What is sensitive of accounts and money is on record: who, what, when, from where, by which request."""

from typing import Any

import httpx
from flask import Flask

from tests.people import PASSWORD, Person
from tests.shop import Shop


def on_record(admin: Person, **wanted: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = admin.get("/admin/audit", params=wanted).json()["items"]
    return found


def login(http: httpx.Client, email: str, password: str) -> httpx.Response:
    http._transport.remote_addr = "192.0.2.7"  # type: ignore[attr-defined]
    return http.post("/auth/login", json={"email": email, "password": password})


def test_a_sign_in_is_on_record_from_where_and_by_which_request(
    http: httpx.Client, client: Person, admin: Person
) -> None:
    answer = login(http, client.email, PASSWORD)

    begun = on_record(admin, subject=f"account:{client.id}")[0]

    assert answer.status_code == 200
    assert (begun["action"], begun["actor"]) == ("sign_in.begin", f"account:{client.id}")
    assert (begun["address"], begun["request_id"]) == ("192.0.2.7", answer.headers["X-Request-ID"])


def test_a_refresh_token_that_is_sent_twice_is_on_record(
    http: httpx.Client, client: Person, admin: Person
) -> None:
    for _ in range(2):
        http.post("/auth/refresh", json={"refresh_token": client.refresh_token})

    (entry,) = on_record(admin, action="sign_in.reuse")

    assert entry["subject"] == f"account:{client.id}"


def test_a_feed_that_is_closed_already_is_not_closed_again_on_record(client: Person, admin: Person) -> None:
    client.post("/booking/feed")
    for _ in range(3):
        client.ask("DELETE", "/booking/feed")

    assert len(on_record(admin, actor=f"account:{client.id}", action="feed.revoke")) == 1


def test_the_end_of_all_sign_ins_and_a_calendar_s_address_are_on_record(
    client: Person, admin: Person
) -> None:
    client.post("/booking/feed")
    client.ask("DELETE", "/booking/feed")
    client.ask("DELETE", "/auth/sign-in")

    actions = [entry["action"] for entry in on_record(admin, actor=f"account:{client.id}")]

    assert actions[:3] == ["sign_in.end_all", "feed.revoke", "feed.renew"]


def test_a_refund_by_hand_is_on_record(shop: Shop, client: Person, coach: Person, admin: Person) -> None:
    _, checkout = shop.pays_for(client, coach)
    refund = {"amount": 10, "reason": "came late"}
    coach.post(f"/payment/{checkout['payment_id']}/refund", json=refund)

    (entry,) = on_record(admin, subject=f"payment:{checkout['payment_id']}")

    assert (entry["action"], entry["actor"]) == ("refund.give", f"account:{coach.id}")
    assert entry["reason"] == "10.00 EUR"


def test_whoever_is_made_an_administrator_is_on_record(app: Flask, admin: Person) -> None:
    command = ["account", "create-admin", "root@example.com", "--name", "Root"]
    made = app.test_cli_runner().invoke(args=command, input="green umbrella 7\ngreen umbrella 7\n")

    (entry,) = on_record(admin, action="account.create_admin")

    assert made.exit_code == 0, made.output
    assert entry["actor"] == "command"
