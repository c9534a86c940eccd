"""A path or a method that there is not: the answer says which one is right."""

import httpx
import pytest

from tests.people import Person
from tests.problems import refused


@pytest.mark.parametrize(
    "path",
    ["/booking/", "/coach/", "/auth/login/", "/health/live///", "/coach/me/availability/", "/problems/"],
)
def test_a_slash_at_the_end_is_told_apart_from_a_path_that_is_not_there(
    http: httpx.Client, path: str
) -> None:
    problem = refused(http.get(path), 404, "not-found")

    assert "without a slash" in problem["detail"]
    assert problem["detail"].endswith(f" {path.rstrip('/')}.")


@pytest.mark.parametrize(
    ("path", "right"),
    [
        ("/bookings", "/booking"),
        ("/Booking", "/booking"),
        ("/v1/booking", "/booking"),
        ("/payments/checkout", "/payment/checkout"),
        ("/auth/log-in", "/auth/login"),
        ("/coach/me/timeoff", "/coach/me/time-off"),
        ("/booking/3fa85f64-5717-4562-b3fc-2c963f66afa6/cancle", "/cancel"),
    ],
)
def test_the_path_that_is_meant_is_guessed(http: httpx.Client, path: str, right: str) -> None:
    detail = refused(http.get(path), 404, "not-found")["detail"]

    assert f"{right} meant?" in detail


def test_a_path_like_no_other_is_told_where_all_are_listed(http: httpx.Client) -> None:
    problem = refused(http.get("/wp-admin.php"), 404, "not-found")

    assert problem["detail"] == "There is nothing at this path. /docs lists all paths."


def test_what_was_asked_for_is_not_repeated(http: httpx.Client) -> None:
    """It may be a token that somebody put into the path."""
    for path in ("/booking/feed/a-token-of-mine", "/bookings/a-token-of-mine", "/a-token-of-mine/cancel"):
        assert "a-token-of-mine" not in http.get(path).text


def test_an_endless_path_is_answered_briefly(http: httpx.Client) -> None:
    assert len(refused(http.get("/" + "x" * 4000), 404, "not-found")["detail"]) < 300


@pytest.mark.parametrize(
    "bad",
    ["1", "me too", "{3fa85f64-5717-4562-b3fc-2c963f66afa6}", "3fa85f6457174562b3fc2c963f66afa6",
     "urn:uuid:3fa85f64-5717-4562-b3fc-2c963f66afa6", "\xb2fa85f64-5717-4562-b3fc-2c963f66afa6", "null"],
)  # fmt: skip
@pytest.mark.parametrize(
    ("path", "name"),
    [("/booking/{}", "booking_id"), ("/payment/{}/refund", "payment_id"), ("/coach/{}/slot", "coach_id"),
     ("/admin/account/{}/deactivate", "account_id"), ("/coach/me/time-off/{}", "period_id")],
)  # fmt: skip
def test_an_id_that_is_no_uuid_is_named(http: httpx.Client, path: str, name: str, bad: str) -> None:
    problem = refused(http.get(path.format(bad)), 404, "not-found")

    assert [each["pointer"] for each in problem["errors"]] == [name]
    assert problem["errors"][0]["detail"].startswith(f"{name} must be a UUID")
    assert problem["errors"][0]["detail"] in problem["detail"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/booking", {"GET", "HEAD", "POST", "OPTIONS"}),
        ("GET", "/auth/login", {"POST", "OPTIONS"}),
        ("PATCH", "/coach/me/availability", {"GET", "HEAD", "PUT", "OPTIONS"}),
        ("PUT", "/booking/3fa85f64-5717-4562-b3fc-2c963f66afa6", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_a_method_that_is_not_allowed_is_told_which_are(
    client: Person, method: str, path: str, allowed: set[str]
) -> None:
    answer = client.ask(method, path)

    detail = refused(answer, 405, "method-not-allowed")["detail"]
    assert detail.startswith(f"{method} is not possible at this path.")
    assert set(detail.partition(": ")[2].rstrip(".").split(", ")) == allowed
    assert set(answer.headers["Allow"].split(", ")) == allowed
