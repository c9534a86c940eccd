"""Numbers, dates, times, ids and booleans are read as they are written, and in no other way."""

import json
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, get_args, get_origin
from uuid import UUID

import httpx
import pytest
from flask import Flask
from pydantic import AwareDatetime, BeforeValidator, NaiveDatetime

from app.http.schema_types import Body
from tests.people import Person
from tests.shop import become_admin

JSON = {"Content-Type": "application/json"}
ODD_NUMBERS = [
    '"1_0"', '"\uff19"', '"\u0669"', '" 10 "', '"10 "', '"1e3"', '"+5"', '"NaN"', '"Infinity"', "NaN",
    '"ten"', "Infinity", "-Infinity", '"0x1F"', '"0b1"', '"010"', '".5"', '"5."', '"5,5"', '"1,000"', '""',
    "true", "false", "[]", "{}", '"\u2212 5"', '"10\\n"', '"\u00bd"', '"\u00b2"', "[10]",
]  # fmt: skip
ODD_IDS = ["{{{}}}", "urn:uuid:{}", " {}", "{}\n", "\uff11{}", "{}0"]
UUID_TEXT = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
BARE = (int, float, bool, Decimal, date, datetime, time, UUID, AwareDatetime, NaiveDatetime)


def places(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [each["pointer"] for each in answer.json()["errors"]]


def test_no_number_of_a_body_is_guessed(coach: Person) -> None:
    whole = ["horizon_days", "slot_step_minutes", "max_per_day", "buffer_after_minutes"]
    tier = "/cancellation_policy/tiers/0"
    of_parts = ["/durations/0", "/prices/0/duration_minutes", "/prices/0/amount", f"{tier}/hours_before"]
    expected = {"/hourly_rate", *(f"/{name}" for name in whole), *of_parts, f"{tier}/refund_percent"}

    for number in ODD_NUMBERS:
        policy = f'{{"tiers": [{{"hours_before": {number}, "refund_percent": {number}}}]}}'
        fields = ", ".join(f'"{name}": {number}' for name in ("hourly_rate", *whole))
        prices = f'"durations": [{number}], "prices": [{{"duration_minutes": {number}, "amount": {number}}}]'
        content = f'{{{fields}, {prices}, "cancellation_policy": {policy}}}'
        assert set(places(coach.ask("PATCH", "/coach/me", content=content, headers=JSON))) == expected, number


def test_no_number_of_a_booking_or_a_payment_is_guessed(client: Person) -> None:
    first = f'"coach_id": "{UUID_TEXT}", "session_datetime": "2027-01-01T10:00:00Z"'
    admin = Person.registered(client.http, "client")
    become_admin(admin)

    for number in ODD_NUMBERS:
        series = f'{{{first}, "duration_minutes": {number}, "sessions": {number}}}'
        refund = f'{{"amount": {number}, "reason": "asked for"}}'
        payout = f'{{"amount": {number}, "currency": "EUR", "reference": "T-1"}}'
        booked = client.post("/booking/series", content=series, headers=JSON)
        refunded = client.post(f"/payment/{UUID_TEXT}/refund", content=refund, headers=JSON)
        paid_out = admin.post(f"/admin/coach/{UUID_TEXT}/payout", content=payout, headers=JSON)
        assert places(booked) == ["/duration_minutes", "/sessions"], number
        assert places(refunded) == places(paid_out) == ["/amount"], number


def test_no_number_is_cut_short_where_it_is_too_large_or_too_fine(coach: Person) -> None:
    odd = ("1e400", "-1e400", "1e23", "1e-400", "5e-324", "1.7976931348623157e308", "9" * 25, "0.001", "-0.0")
    for number in (*odd, *(f'"{each}"' for each in odd)):
        answer = coach.ask("PATCH", "/coach/me", content=f'{{"hourly_rate": {number}}}', headers=JSON)
        assert places(answer) == ["/hourly_rate"], number


def test_no_number_of_a_query_is_guessed(http: httpx.Client) -> None:
    for number in [json.loads(text) for text in ODD_NUMBERS if text.startswith('"')]:
        rates = http.get("/coach", params={"max_rate": number, "currency": "EUR", "limit": number})
        slots = {"from": "2027-01-01T00:00:00Z", "to": "2027-01-02T00:00:00Z", "duration_minutes": number}
        assert places(rates) == ["max_rate", "limit"], number
        assert places(http.get(f"/coach/{UUID_TEXT}/slot", params=slots)) == ["duration_minutes"], number


def test_plain_numbers_are_taken_also_as_text(coach: Person) -> None:
    for rate in ("75", "75.50", 75, 75.5, 7.5e1):
        change = {"hourly_rate": rate, "horizon_days": "60", "max_per_day": 2.0}
        answer = coach.ask("PATCH", "/coach/me", json=change)
        assert answer.status_code == 200, answer.text
        shown = answer.json()
        assert (shown["hourly_rate"], shown["horizon_days"], shown["max_per_day"]) == (float(rate), 60, 2)


def test_no_id_is_guessed(client: Person) -> None:
    urls = {"success_url": "https://example.com", "cancel_url": "https://example.com"}

    for text in (*(form.format(UUID_TEXT) for form in ODD_IDS), UUID_TEXT.replace("-", ""), 5, True):
        wish = {"coach_id": text, "session_datetime": "2027-01-01T10:00:00Z", "duration_minutes": 60}
        assert places(client.post("/booking", json=wish)) == ["/coach_id"], text
        assert places(client.post("/payment/checkout", json={"booking_id": text, **urls})) == [
            "/booking_id"
        ], text
        assert places(client.get("/payment", params={"booking_id": text})) == ["booking_id"], text


def test_no_boolean_is_guessed(client: Person) -> None:
    wish = {"coach_id": UUID_TEXT, "session_datetime": "2027-01-01T10:00:00Z", "duration_minutes": 60}

    for value in ("yes", "on", "1", "True", "TRUE", "t", 1, 0, 1.0, "", []):
        answer = client.post("/booking/series", json={**wish, "sessions": 2, "skip_taken": value})
        assert places(answer) == ["/skip_taken"], value


def test_no_moment_is_guessed(client: Person) -> None:
    odd = (
        "1796083200", 1796083200, "2027-01-01", "2027-01-01T10:00:00", "\uff12027-01-01T10:00:00Z", True,
        "20270101T100000Z", "2027-01-01T10Z", "2027-W01-1T10:00:00Z", "2027-02-30T10:00:00Z",
        "2027-01-01T24:30:00Z", " 2027-01-01T10:00:00Z", "2027-01-01T10:00:00+25:00",
        "2027-01-01T10:00:00\u221201:00", "2027-01-01_10:00:00Z",
    )  # fmt: skip
    for at in odd:
        wish = {"coach_id": UUID_TEXT, "session_datetime": at, "duration_minutes": 60}
        assert places(client.post("/booking", json=wish)) == ["/session_datetime"], at


def test_no_hour_is_guessed(coach: Person) -> None:
    for at in ("1", 32400, "9:00", "09:00:30", "09:00Z", "\uff109:00", "25:00", "09:00:00.5", "0900", True):
        hours = {"weekday": "monday", "start_time": at, "end_time": "10:00"}
        answer = coach.ask("PUT", "/coach/me/availability", json={"weekly": [hours]})
        assert places(answer) == ["/weekly/0/start_time"], at


def test_no_date_is_guessed(coach: Person) -> None:
    odd = (
        "1796083200",
        20454,
        "2027-1-1",
        "20270101",
        "2027-01-01T00:00:00",
        "2027-02-29",
        "\uff12027-01-01",
    )
    for on in odd:
        wish = {"weekly": [], "overrides": [{"date": on, "hours": []}]}
        assert places(coach.ask("PUT", "/coach/me/availability", json=wish)) == ["/overrides/0/date"], on
        assert places(coach.get("/coach/me/earnings", params={"from": on})) == ["from"], on


def test_no_id_of_a_command_is_guessed(app: Flask) -> None:
    run = app.test_cli_runner()

    for form in ODD_IDS:
        refused = run.invoke(args=["email", "resend", form.format(UUID_TEXT)])
        assert (refused.exit_code, "must be a UUID" in refused.output) == (2, True)


@pytest.mark.parametrize(
    "since", ["\uff12\uff14h", "1_0h", "+1h", "20261101", "2026-W40-1", "1e1h", "2026-11-01T14:00"]
)
def test_no_time_of_a_command_is_guessed(app: Flask, since: str) -> None:
    refused = app.test_cli_runner().invoke(args=["stripe", "reconcile", "--since", since])

    assert (refused.exit_code, "say 24h, 7d" in refused.output) == (2, True)


def bare_types(annotation: Any, marks: tuple[Any, ...]) -> Iterator[Any]:
    """The types in an annotation that pydantic reads as it likes."""
    if get_origin(annotation) is Annotated:
        annotation, *more = get_args(annotation)
        marks = (*marks, *more)
    if annotation in BARE:
        ours = (mark.func.__module__ for mark in marks if isinstance(mark, BeforeValidator))
        if "app.parsing" not in ours:
            yield annotation
    for part in get_args(annotation):
        yield from bare_types(part, ())


def bodies(of: type[Body] = Body) -> Iterator[type[Body]]:
    for each in of.__subclasses__():
        yield each
        yield from bodies(each)


def test_every_field_that_callers_send_is_read_by_our_own_rules(app: Flask) -> None:
    """One that is new is walked as well: app/http/schema_types.py has a type for each."""
    fields = [(body, name, each) for body in bodies() for name, each in body.model_fields.items()]
    bare = [
        f"{body.__name__}.{name}"
        for body, name, each in fields
        for _ in bare_types(each.annotation, tuple(each.metadata))
    ]

    assert len(fields) > 100
    assert bare == []
