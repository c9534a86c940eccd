import httpx
import pytest

from tests.people import Person


def test_the_account_is_the_callers_own(client: Person, coach: Person) -> None:
    assert client.get("/auth/me").json()["email"] == client.email
    assert coach.get("/auth/me").json()["role"] == "coach"


def test_name_and_time_zone_can_be_changed_one_by_one(client: Person) -> None:
    client.ask("PATCH", "/auth/me", json={"name": "Grace"})
    answer = client.ask("PATCH", "/auth/me", json={"time_zone": "Asia/Tokyo"})

    assert (answer.json()["name"], answer.json()["time_zone"]) == ("Grace", "Asia/Tokyo")
    assert client.get("/auth/me").json() == answer.json()


@pytest.mark.parametrize(
    "change",
    [
        {"role": "admin"},
        {"email": "other@example.com"},
        {"email_verified": True},
        {"name": ""},
        {"time_zone": "Mars/Olympus"},
    ],
    ids=str,
)
def test_nothing_else_can_be_changed_there(client: Person, change: dict[str, object]) -> None:
    before = client.get("/auth/me").json()

    answer = client.ask("PATCH", "/auth/me", json=change)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{next(iter(change))}"]
    assert client.get("/auth/me").json() == before


def test_nobody_has_no_account(http: httpx.Client) -> None:
    assert http.get("/auth/me").status_code == 401
    assert http.patch("/auth/me", json={"name": "Grace"}).status_code == 401
