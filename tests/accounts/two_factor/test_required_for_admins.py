"""In production an administrator's password is not enough."""

import pytest

from app.config.settings import Environment
from tests.accounts.two_factor.authenticator import Phone, clock
from tests.configuration import Configure
from tests.people import PASSWORD, Person

__all__ = ["clock"]
pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def production(configure: Configure) -> None:
    configure(app_env=Environment.PRODUCTION)


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize("path", ["/admin/overview", "/admin/audit", "/booking", "/payment"])
def test_nothing_is_shown_to_an_admin_without_one_and_how_to_turn_it_on_is_told(
    admin: Person, path: str
) -> None:
    answer = admin.get(path)

    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/second-factor-required")
    assert "POST /auth/second-factor" in answer.json()["detail"]


@pytest.mark.usefixtures("production")
def test_an_admin_signs_in_and_turns_it_on(admin: Person) -> None:
    again = Person.signed_in(admin.http, admin.email, PASSWORD)
    assert again.get("/auth/me").json()["second_factor"] is False

    phone = Phone.of(again)

    assert again.get("/admin/overview").status_code == 200
    token = phone.signs_in(phone.shows()).json()["access_token"]
    header = {"Authorization": f"Bearer {token}"}
    assert admin.http.get("/admin/overview", headers=header).status_code == 200


@pytest.mark.usefixtures("production")
def test_turned_off_it_is_missing_at_once(admin: Person) -> None:
    phone = Phone.of(admin)
    admin.ask("DELETE", "/auth/second-factor", json={"password": PASSWORD, "code": phone.shows()})

    assert admin.get("/admin/overview").status_code == 403


@pytest.mark.usefixtures("production")
def test_clients_and_coaches_choose_for_themselves(client: Person, coach: Person) -> None:
    assert client.get("/booking").status_code == 200
    assert coach.get("/coach/me").status_code == 200


def test_elsewhere_an_admin_needs_none(admin: Person) -> None:
    assert admin.get("/admin/overview").status_code == 200
