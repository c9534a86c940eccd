"""Booking on a page, with and without an account."""

import httpx
import pytest
from sqlalchemy import select

from app.accounts import password_hashing
from app.accounts.models import Account
from app.bookings.models import Booking
from app.emails.models import Email
from app.extensions import db
from tests.people import PASSWORD, Person, next_week
from tests.web.booking_pages import ADA, HOLD, book_path, held
from tests.web.visitor import HTML, Visitor


def test_the_page_says_what_is_booked(coach: Person) -> None:
    visitor = Visitor(coach.http)
    visitor.http.cookies.set("zone", "America/New_York")

    page = visitor.get(book_path(coach, next_week(10)))

    assert "05:00 to 06:00 (America/New_York" in page.text or "06:00 to 07:00 (America/New_York" in page.text
    assert "For your coach:" in page.text
    assert "Europe/Paris" in page.text
    assert "75.00 EUR" in page.text
    assert "Cancel at least" in page.text


def test_somebody_new_holds_a_time_without_a_password(coach: Person) -> None:
    visitor = Visitor(coach.http)
    visitor.http.cookies.set("zone", "America/New_York")

    page = held(visitor, coach, notes="My talk in May")

    account = Account.with_email(ADA["email"])
    assert account
    assert (account.name, account.time_zone, account.role) == (ADA["name"], "America/New_York", "client")
    assert not account.email_verified
    assert not password_hashing.matches("", account.password_hash)
    booking = db.session.scalars(select(Booking)).one()
    assert (booking.client_id, booking.notes) == (account.id, "My talk in May")
    assert page.path == f"/my/booking/{booking.id}"
    assert db.session.scalars(select(Email).where(Email.recipient == account.email)).all() == []


def test_a_signed_in_client_is_asked_for_notes_only(client: Person, coach: Person) -> None:
    visitor = Visitor.signed_in(client)
    page = visitor.get(book_path(coach))
    assert "Your name" not in page.text

    page = page.send(HOLD, notes="Hello")

    assert "Your time is held" in page.text
    assert str(db.session.scalars(select(Booking)).one().client_id) == client.id


def test_a_known_address_is_not_signed_in(client: Person, coach: Person) -> None:
    visitor = Visitor(coach.http)

    page = visitor.get(book_path(coach)).send(HOLD, name="Mallory", email=client.email.upper())

    assert page.status == 409
    assert "This address has an account" in page.text
    assert "visitor" not in visitor.http.cookies
    assert db.session.scalars(select(Booking)).all() == []
    owner = Account.with_email(client.email)
    assert owner
    assert owner.name != "Mallory"
    told = select(Email.kind).where(Email.recipient == client.email)
    assert "address_in_use" in db.session.scalars(told).all()


def test_the_sign_in_leads_back_to_the_time(client: Person, coach: Person) -> None:
    page = Visitor(coach.http).get(book_path(coach)).send(HOLD, name="Ada", email=client.email)

    page = page.follow("Sign in to book").send("Sign in", email=client.email, password=PASSWORD)

    assert page.send(HOLD).path.startswith("/my/booking/")


def test_a_form_that_is_sent_twice_books_once(coach: Person) -> None:
    form = Visitor(coach.http).get(book_path(coach))
    values = {name: each[-1] for name, each in form.form(HOLD).values.items()} | ADA
    first, again = (Visitor(coach.http).post(form.path, values) for _ in range(2))

    assert first.path == again.path
    assert first.path.startswith("/my/booking/")


@pytest.mark.parametrize("secret", ["", "guess", "x" * 40])
def test_no_other_form_leads_to_the_new_account(coach: Person, secret: str) -> None:
    held(Visitor(coach.http), coach)
    stranger = Visitor(coach.http)

    page = stranger.post(book_path(coach), ADA | {"_secret": secret, "notes": ""})

    assert page.status == 409
    assert "visitor" not in stranger.http.cookies


def test_faults_are_said_at_the_fields(coach: Person) -> None:
    page = Visitor(coach.http).get(book_path(coach)).send(HOLD, name="", email="nonsense")

    assert page.status == 422
    assert "Your name is missing." in page.text
    assert '<a href="#field-email">' in page.html
    assert Account.with_email("nonsense") is None


def test_a_taken_time_offers_the_nearest(client: Person, coach: Person) -> None:
    form = Visitor(coach.http).get(book_path(coach))
    client.books(coach, next_week())

    page = form.send(HOLD, **ADA)

    assert page.status == 409
    assert "This time is not free" in page.text
    assert "/coach/" not in page.text
    assert page.html.count(f"/book/{coach.http.get(f'/coach/{coach.id}').json()['slug']}?start=") >= 3
    assert Account.with_email(ADA["email"]) is None


@pytest.mark.parametrize(
    "query", ["", "?start=yesterday&minutes=60", "?start=2030-01-01T10:00:00Z&minutes=x"]
)
def test_an_address_without_a_time_leads_to_the_coach(coach: Person, query: str) -> None:
    slug = coach.http.get(f"/coach/{coach.id}").json()["slug"]
    answer = coach.http.get(f"/book/{slug}{query}", headers=HTML, follow_redirects=False)

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/coach/{slug}")


def test_a_length_that_the_coach_does_not_offer_is_not_free(coach: Person) -> None:
    assert "This time is not free" in Visitor(coach.http).get(book_path(coach, minutes=95)).text


def test_coaches_do_not_book(coach: Person) -> None:
    page = Visitor.signed_in(coach).get(book_path(coach))

    assert "Only clients book sessions." in page.text
    assert HOLD not in page.text
    answer = page.visitor.post(page.path, {"csrf_token": page.visitor.csrf_token()})
    assert answer.status == 403


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_another_site_books_nothing(coach: Person, headers: dict[str, str]) -> None:
    page = Visitor(coach.http).post(book_path(coach), ADA, headers=headers)

    assert page.status == 403
    assert Account.with_email(ADA["email"]) is None


def test_a_signed_in_form_needs_its_csrf_token(client: Person, coach: Person) -> None:
    page = Visitor.signed_in(client).post(book_path(coach), {"notes": ""})

    assert page.status == 403
    assert db.session.scalars(select(Booking)).all() == []


def test_markup_of_people_is_text(coach: Person) -> None:
    page = held(Visitor(coach.http), coach, name="Ada <b>L</b>", notes="<script>alert(1)</script>")

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.html
    assert "<script>alert" not in page.html
    assert "Ada &lt;b&gt;L&lt;/b&gt;" in page.html


def test_no_site_frames_the_page(http: httpx.Client, coach: Person) -> None:
    answer = Visitor(http).get(book_path(coach)).answer

    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
