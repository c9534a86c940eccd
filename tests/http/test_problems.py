"""Every refusal is application/problem+json (RFC 9457), and says what the caller can do about it."""

import json
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from app.accounts.models import Account
from tests.people import Person
from tests.problems import refused

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "body",
    [b"{", b"", b'{"email": "\xff"}', b"[" * 100_000, b'{"email": ' + b"1" * 5000 + b"}"],
    ids=["cut off", "empty", "not UTF-8", "nested deeply", "endless number"],
)
def test_a_body_that_is_not_json_is_a_400(http: httpx.Client, body: bytes) -> None:
    refused(http.post("/auth/login", content=body, headers=JSON), 400, "bad-request")


def test_a_body_of_another_media_type_is_a_415(http: httpx.Client) -> None:
    body = b'{"email": "ada@example.com", "password": "correct horse"}'

    problem = refused(
        http.post("/auth/login", content=body, headers={"Content-Type": "text/plain"}),
        415,
        "unsupported-media-type",
    )

    assert "application/json" in problem["detail"]


def test_json_under_a_name_of_its_own_is_json(http: httpx.Client) -> None:
    body = b'{"email": "nobody@example.com", "password": "correct horse"}'

    answer = http.post("/auth/login", content=body, headers={"Content-Type": "application/vnd.api+json"})

    refused(answer, 401, "unauthorized")


def test_no_body_at_all_is_an_empty_object(http: httpx.Client) -> None:
    problem = refused(http.post("/auth/login"), 422, "invalid")

    assert [error["pointer"] for error in problem["errors"]] == ["/email", "/password"]


@pytest.mark.parametrize("body", [[], "text", 5, True, None])
def test_json_that_is_no_object_is_a_422(http: httpx.Client, body: object) -> None:
    problem = refused(http.post("/auth/login", content=json.dumps(body), headers=JSON), 422, "invalid")

    assert problem["detail"] in {
        "The body must be a JSON object.",
        "The body must not be null: it must be a JSON object.",
    }


def test_each_bad_value_is_pointed_at(client: Person, coach: Person) -> None:
    hours = {"weekday": "monday", "start_time": "25:00", "end_time": "24:00"}

    problem = refused(coach.ask("PUT", "/coach/me/availability", json={"weekly": [hours]}), 422, "invalid")

    wanted = "must be a local time in whole minutes such as 09:00, from 00:00 to 23:59."
    assert [(error["pointer"], error["detail"]) for error in problem["errors"]] == [
        ("/weekly/0/start_time", f"weekly[0].start_time {wanted}"),
        ("/weekly/0/end_time", f"weekly[0].end_time {wanted}"),
    ]


@pytest.mark.parametrize(
    ("change", "remedy"),
    [
        ({"headline": "x" * 161}, "headline must have at most 160 characters; it has 161."),
        ({"languages": ["x"]}, "languages[0] must have at least 2 characters; it has 1."),
        ({"languages": ["en"] * 21}, "languages must have at most 20 entries; it has 21."),
        ({"no/such": 1}, "no/such is not known here; leave it out."),
        ({"cancellation_policy": []}, "cancellation_policy must be a JSON object."),
    ],
)
def test_each_bad_value_is_told_how_it_should_be(coach: Person, change: dict[str, Any], remedy: str) -> None:
    problem = refused(coach.ask("PATCH", "/coach/me", json=change), 422, "invalid")

    assert problem["errors"][0]["detail"] == remedy


def test_a_name_with_a_slash_is_pointed_at_as_rfc_6901_says(coach: Person) -> None:
    problem = refused(coach.ask("PATCH", "/coach/me", json={"a/b~c.d": 1}), 422, "invalid")

    assert problem["errors"][0]["pointer"] == "/a~1b~0c.d"


def test_a_choice_is_told_in_the_caller_s_words(client: Person) -> None:
    problem = refused(client.get("/booking?as=admin"), 422, "invalid")

    assert problem["detail"] == "as must be one of: client, coach."


def test_an_offset_whose_plus_became_a_space_is_told_how_to_write_it(client: Person) -> None:
    problem = refused(client.get("/booking?from=2026-12-01T00:00:00+01:00"), 422, "invalid")

    assert "%2B" in problem["detail"]


def test_what_has_no_content_has_no_type(client: Person) -> None:
    answer = client.ask("DELETE", "/booking/feed")

    assert answer.status_code == 204
    assert "Content-Type" not in answer.headers


def test_a_bad_value_of_the_query_is_named_as_the_query_s(http: httpx.Client) -> None:
    problem = refused(http.get("/coach", params={"limit": 0}), 422, "invalid")

    assert [error["pointer"] for error in problem["errors"]] == ["limit"]


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"], ids=["NUL", "half a surrogate pair"])
def test_text_that_no_database_can_hold_is_a_422(client: Person, text: str) -> None:
    passwords = {"password": text, "current_password": text, "new_password": text}
    body = {"email": text, "refresh_token": text, "token": text, "name": text} | passwords
    fields = {
        "/auth/login": ["email", "password"],
        "/auth/refresh": ["refresh_token"],
        "/auth/verify": ["token"],
        "/auth/register": ["email", "name", "password"],
        "/auth/password/forgot": ["email"],
        "/auth/password/reset": ["token", "password"],
        "/auth/password/change": ["current_password", "new_password"],
    }

    for path, names in fields.items():
        content = json.dumps({name: body[name] for name in names})
        problem = refused(client.post(path, content=content, headers=JSON), 422, "invalid")
        assert [error["pointer"] for error in problem["errors"]] == [f"/{name}" for name in names]


@pytest.mark.parametrize("query", ["q=%00", "language=%00", "cursor=%00"])
def test_a_query_that_no_database_can_hold_is_a_422(http: httpx.Client, query: str) -> None:
    refused(http.get(f"/coach?{query}"), 422, "invalid")


def test_an_unknown_path_is_a_404(http: httpx.Client) -> None:
    refused(http.get("/nowhere"), 404, "not-found")


def test_a_wrong_method_is_a_405_that_names_the_right_ones(client: Person) -> None:
    answer = client.ask("DELETE", "/booking")

    refused(answer, 405, "method-not-allowed")
    assert "POST" in answer.headers["Allow"]


def test_options_names_the_methods_without_asking_who_calls(http: httpx.Client) -> None:
    answer = http.options("/booking")

    assert answer.status_code == 200
    assert "POST" in answer.headers["Allow"]


def test_a_body_that_is_too_large_is_a_413(http: httpx.Client) -> None:
    answer = http.post("/auth/login", content=b" " * (512 * 1024 + 1), headers=JSON)

    refused(answer, 413, "request-entity-too-large")


def test_a_mistake_of_ours_hides_its_cause_from_the_caller_and_logs_it(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(email: str) -> None:
        raise RuntimeError("the inner workings")

    monkeypatch.setattr(Account, "with_email", broken)
    answer = http.post("/auth/login", json={"email": "ada@example.com", "password": "correct horse"})

    refused(answer, 500, "internal-error")
    assert "inner workings" not in answer.text
    assert "inner workings" in caplog.text


def test_a_database_that_is_away_is_a_503(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(email: str) -> None:
        raise OperationalError("SELECT 1", {}, Exception("connection refused at 10.0.0.5"))

    monkeypatch.setattr(Account, "with_email", away)
    answer = http.post("/auth/login", json={"email": "ada@example.com", "password": "correct horse"})

    refused(answer, 503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert "10.0.0.5" not in answer.text


def test_what_is_done_before_a_refusal_is_undone(coach: Person) -> None:
    answer = coach.ask("PATCH", "/coach/me", json={"headline": "Half done", "hourly_rate": 0.01})

    assert answer.status_code == 422
    assert coach.get("/coach/me").json()["headline"] == ""


@pytest.mark.parametrize("sent", ["order-2026.11:42_a", "x" * 129, "two words", None])
def test_each_request_has_an_id_of_our_own(http: httpx.Client, sent: str | None) -> None:
    headers = {"X-Request-ID": sent} if sent else {}
    answers = [http.get("/nothing", headers=headers) for _ in range(2)]

    ids = {answer.headers["X-Request-ID"] for answer in answers}
    assert [len(each) for each in ids] == [32, 32]
    assert {answer.json()["request_id"] for answer in answers} == ids
    assert not any(sent and sent in f"{answer.headers}{answer.text}" for answer in answers)
