"""The pages behind the link of a mail."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.dialects.postgresql import Range

from app.accounts.models import Account, SignIn
from app.bookings.models import Booking
from app.emails import signed_links
from app.extensions import db
from tests.bookings.manage_tokens import manage_token
from tests.bookings.paid_bookings import mails, paid, refunded
from tests.people import PASSWORD, Person, next_week
from tests.shop import Shop
from tests.web.visitor import Visitor


def booking_of(shop: Shop) -> Booking:
    (booking,) = shop.rows(Booking)
    return booking


@pytest.fixture
def link(shop: Shop, client: Person, coach: Person) -> str:
    """The path in the mail about a paid session."""
    paid(shop, client, coach, next_week())
    mail = mails(shop, "booking_confirmed")[client.email]
    (found,) = re.findall(r"/manage/\S+", signed_links.signed(mail.text_body, client.email))
    assert found in signed_links.signed(mail.html_body, client.email)
    return str(found)


def test_the_mail_leads_to_the_session(shop: Shop, client: Person, link: str) -> None:
    page = Visitor(client.http).get(link)

    assert "Your session is confirmed" in page.text
    assert "If you cancel now, you get back 75.00 EUR (100 %)." in page.text
    assert page.follow("Calendar file").answer.text.startswith("BEGIN:VCALENDAR")


def test_the_coach_and_the_outbox_have_no_link(shop: Shop, client: Person, coach: Person, link: str) -> None:
    sent = mails(shop, "booking_confirmed")
    assert "/manage/" not in sent[coach.email].text_body + sent[coach.email].html_body
    (stored,) = re.findall(r"/manage/\S+", sent[client.email].text_body)

    assert Visitor(client.http).get(stored).status == 410


def test_a_session_is_moved_and_cancelled_without_signing_in(shop: Shop, client: Person, link: str) -> None:
    visitor, start = Visitor(client.http), next_week(14)

    page = visitor.get(f"{link}/move", params={"day": start.date().isoformat()})
    page = page.send("Move to this time", session_datetime=start.isoformat())
    assert "The session has a new time." in page.text
    assert booking_of(shop).start == start
    page = page.follow("Cancel it")
    assert "You get back 75.00 EUR of 75.00 EUR (100 %)." in page.text
    page = page.send("Cancel the session", reason="ill")

    assert "The session is cancelled." in page.text
    assert (booking_of(shop).status, booking_of(shop).cancelled_by) == ("cancelled", "client")
    assert refunded(shop) == [7500]
    history = client.get(f"/booking/{booking_of(shop).id}/history").json()["items"]
    assert [each["by"] for each in history][-2:] == ["client", "client"]
    assert set(mails(shop, "booking_moved")) == set(mails(shop, "booking_cancelled"))


def test_opening_the_pages_changes_nothing(shop: Shop, client: Person, link: str) -> None:
    before = booking_of(shop).updated_at
    for page in ("", "/cancel", "/move", "/session.ics"):
        assert Visitor(client.http).get(link + page).status == 200
    for form in ("/proof", "/revocation"):
        assert Visitor(client.http).get(link + form).status in {404, 405}

    assert (booking_of(shop).updated_at, booking_of(shop).link_generation) == (before, 0)
    assert not Account.with_email(client.email).email_verified  # type: ignore[union-attr]


@pytest.mark.parametrize("form", ["cancel", "move", "proof", "revocation"])
@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_another_site_changes_nothing(
    shop: Shop, client: Person, link: str, form: str, headers: dict[str, str]
) -> None:
    sent = {"name": "Mallory", "session_datetime": next_week(14).isoformat()}
    assert Visitor(client.http).post(f"{link}/{form}", sent, headers=headers).status == 403

    assert (booking_of(shop).status, booking_of(shop).start) == ("confirmed", next_week())
    assert booking_of(shop).link_generation == 0


def all_refused(visitor: Visitor, link: str) -> None:
    for page in ("", "/cancel", "/move", "/session.ics"):
        assert visitor.get(link + page).status == 410, page
    sent = {"name": "Mallory", "session_datetime": next_week(14).isoformat()}
    for form in ("/cancel", "/move", "/proof", "/revocation"):
        assert visitor.post(link + form, sent).status == 410, form


def test_a_link_is_of_one_booking(shop: Shop, client: Person, coach: Person, link: str) -> None:
    other = client.books(coach, next_week(16))
    own = booking_of_id(shop, link)

    forged = link.replace(own, other["id"].replace("-", ""))

    all_refused(Visitor(client.http), forged)


def booking_of_id(shop: Shop, link: str) -> str:
    (found,) = re.findall(r"[0-9a-f]{32}(?=\.)", link)
    assert found in {each.id.hex for each in shop.rows(Booking)}
    return str(found)


def test_a_link_is_of_one_person(shop: Shop, client: Person, coach: Person, link: str) -> None:
    for stranger in (coach, Person.registered(client.http, "client")):
        all_refused(Visitor(client.http), f"/manage/{manage_token(str(booking_of(shop).id), stranger)}")


@pytest.mark.parametrize(
    "altered",
    [
        lambda link: link[:-1] + ("A" if link[-2] != "A" else "B"),
        lambda link: link.rpartition(".")[0],
        lambda link: link.replace(".0.", ".1."),
        lambda link: link.replace(".0.", ".00."),
        lambda link: link.replace(".0.", "."),
        lambda _: "/manage/nonsense",
        lambda _: "/manage/" + "0" * 32 + ".99999999999999999999.x",
    ],
)
def test_an_altered_link_is_refused(shop: Shop, client: Person, link: str, altered: Any) -> None:
    assert manage_token(str(booking_of(shop).id), client) in link
    all_refused(Visitor(client.http), altered(link))


def test_a_link_of_another_kind_is_refused(shop: Shop, client: Person, link: str) -> None:
    key = booking_of(shop).id
    other = signed_links.signed(signed_links.unsigned(key), client.email)
    all_refused(Visitor(client.http), f"/manage/{other}")
    assert not signed_links.is_for(link.removeprefix("/manage/"), client.email)


def test_a_link_ends_30_days_after_the_session(shop: Shop, client: Person, link: str) -> None:
    booking = booking_of(shop)
    start = booking.start - (booking.end - (booking.created_at - timedelta(days=30, minutes=1)))
    booking.period = Range(start, start + timedelta(hours=1))
    db.session.commit()

    all_refused(Visitor(client.http), link)


def test_a_client_ends_the_links_of_a_session(shop: Shop, client: Person, link: str) -> None:
    page = Visitor(client.http).get(link).send("End this link")
    assert "The links to this session no longer work." in page.text

    all_refused(Visitor(client.http), link)
    newer = manage_token(str(booking_of(shop).id), client, generation=1)
    assert Visitor(client.http).get(f"/manage/{newer}").status == 200


def test_a_link_gives_no_rights_to_the_account(shop: Shop, client: Person, link: str) -> None:
    visitor = Visitor(client.http)
    visitor.get(link)

    assert "visitor" not in visitor.http.cookies
    assert visitor.get(f"/my/booking/{booking_of(shop).id}").path.startswith("/sign-in")


def test_a_deactivated_client_has_no_link(shop: Shop, client: Person, link: str) -> None:
    assert client.post("/auth/me/deactivate", json={"password": PASSWORD}).status_code == 204

    all_refused(Visitor(client.http), link)


def test_the_address_is_not_passed_on(client: Person, link: str) -> None:
    for page in (link, f"{link}/move", "/manage/nonsense"):
        answer = Visitor(client.http).get(page).answer
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_the_owner_of_the_mailbox_confirms_the_address(shop: Shop, client: Person, link: str) -> None:
    page = Visitor(client.http).get(link).send("Confirm my address", name="Ada King")
    assert "Your address is confirmed." in page.text
    assert "Confirm my address" not in page.text

    (account,) = [each for each in shop.rows(Account) if each.email == client.email]
    assert (account.email_verified, account.name) == (True, "Ada King")
    # a stranger may have opened the account
    assert all(each.revoked_at for each in shop.rows(SignIn) if each.account_id == account.id)
    login = {"email": client.email, "password": PASSWORD}
    assert client.http.post("/auth/login", json=login).status_code == 401


def test_the_browser_that_booked_stays_signed_in(shop: Shop, client: Person, link: str) -> None:
    page = Visitor.signed_in(client).get(link).send("Confirm my address", name="Ada King")

    assert "Your address is confirmed." in page.text
    assert "Sign out" in page.text
    (account,) = [each for each in shop.rows(Account) if each.email == client.email]
    assert account.email_verified


def test_markup_in_a_name_is_text(client: Person, link: str) -> None:
    visitor = Visitor(client.http)
    page = visitor.get(link).send("Confirm my address", name="<script>alert(1)</script>")

    assert "<script>alert" not in page.html
    assert "<script>alert" not in visitor.get(f"{link}/cancel").html
