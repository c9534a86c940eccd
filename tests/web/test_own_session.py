"""A client's pages of one session."""

from uuid import UUID

from app.bookings.models import Booking
from app.extensions import db, now
from app.payments.models import Payment
from tests.people import Person, next_week
from tests.shop import Shop
from tests.web.booking_pages import held
from tests.web.visitor import Visitor


def last_booking(shop: Shop) -> Booking:
    return max(shop.rows(Booking), key=lambda each: each.created_at)


def paid_page(shop: Shop, visitor: Visitor, coach: Person) -> str:
    """The path of somebody new's session, paid."""
    path = held(visitor, coach).path
    answer = visitor.http.post(f"{path}/pay", data={"csrf_token": visitor.csrf_token()})
    assert answer.status_code == 200, answer.text
    payment = shop.rows(Payment)[-1]
    checkout = {"session_id": payment.stripe_session_id, "url": payment.session_url}
    shop.deliver_event(shop.paid(checkout))
    return path


def test_paying_leads_to_stripe_by_a_page_of_ours(shop: Shop, coach: Person) -> None:
    page = held(Visitor(coach.http), coach)

    page = page.send("Pay 75.00 EUR")

    payment = shop.rows(Payment)[-1]
    assert page.status == 200
    assert page.answer.headers["Refresh"] == f"0;url={payment.session_url}"
    assert payment.session_url is not None
    assert payment.session_url in page.html
    assert payment.success_url.endswith(f"/my/booking/{last_booking(shop).id}/paid")


def test_the_return_page_believes_our_books_only(shop: Shop, coach: Person) -> None:
    visitor = Visitor(coach.http)
    path = held(visitor, coach).path

    page = visitor.get(f"{path}/paid?status=paid&session_id=cs_1")

    assert "Checking your payment" in page.text
    assert "confirmed" not in page.text.lower()
    assert visitor.http.get(f"{path}/status.json").json()["state"] == "held"
    assert '<noscript><meta http-equiv="refresh"' in page.html


def test_a_paid_session_shows_what_comes_next(shop: Shop, coach: Person) -> None:
    visitor = Visitor(coach.http)
    path = paid_page(shop, visitor, coach)

    page = visitor.get(f"{path}/paid")

    assert "Your session is confirmed" in page.text
    assert "https://calendar.google.com/calendar/render?" in page.html
    assert "https://outlook.live.com/calendar/" in page.html
    assert "If you cancel now, you get back 75.00 EUR (100 %)." in page.text
    assert page.follow("Calendar file").answer.text.startswith("BEGIN:VCALENDAR")


def test_a_session_shows_the_receipt(shop: Shop, coach: Person) -> None:
    visitor = Visitor(coach.http)
    path = paid_page(shop, visitor, coach)
    shop.rows(Payment)[-1].receipt_url = "https://pay.stripe.com/receipts/1"
    db.session.commit()

    assert 'href="https://pay.stripe.com/receipts/1"' in visitor.get(path).html


def test_a_session_is_moved_and_cancelled(shop: Shop, coach: Person) -> None:
    visitor = Visitor(coach.http)
    path = paid_page(shop, visitor, coach)
    start = next_week(14)
    day = visitor.get(f"{path}/move", params={"day": start.date().isoformat()})

    page = day.send("Move to this time", session_datetime=start.isoformat())
    assert "The session has a new time." in page.text
    assert last_booking(shop).start == start

    page = page.follow("Cancel it")
    assert "You get back 75.00 EUR of 75.00 EUR (100 %)." in page.text
    assert last_booking(shop).status == "confirmed"
    page = page.send("Cancel the session", reason="I am <i>ill</i>")

    assert "The session is cancelled." in page.text
    assert "Refunded to the card or account that paid: 75.00 EUR" in page.text
    assert last_booking(shop).cancel_reason == "I am <i>ill</i>"


def test_a_move_without_a_time_or_to_a_taken_one_is_refused(
    shop: Shop, client: Person, coach: Person
) -> None:
    visitor = Visitor(coach.http)
    path = paid_page(shop, visitor, coach)
    taken = client.books(coach, next_week(16))["session_datetime"]

    page = visitor.get(f"{path}/move")
    assert page.send("Move to this time").status == 422
    before = {each.id: each.start for each in shop.rows(Booking)}
    answer = page.send("Move to this time", session_datetime=taken)

    assert answer.status == 409
    assert "This time is taken." in answer.text
    assert {each.id: each.start for each in shop.rows(Booking)} == before


def test_a_hold_that_ran_out_offers_the_nearest_times(shop: Shop, coach: Person) -> None:
    visitor = Visitor(coach.http)
    path = held(visitor, coach).path
    booking = db.session.get(Booking, UUID(path.rpartition("/")[2]))
    assert booking
    booking.hold_expires_at = now()
    db.session.commit()

    page = visitor.get(path)

    assert "The time is no longer held" in page.text
    assert page.html.count("/book/") >= 3
    assert "Pay" not in page.text
    assert visitor.http.get(f"{path}/status.json").json() == {"state": "expired", "seconds_left": 0}


def test_a_client_lets_a_held_time_go(shop: Shop, coach: Person) -> None:
    page = held(Visitor(coach.http), coach).follow("Let the time go")
    assert "Nothing was charged." in page.text

    page = page.send("Let it go")

    assert last_booking(shop).status == "cancelled"
    assert "This session is cancelled" in page.text


def test_other_people_do_not_find_it(client: Person, coach: Person) -> None:
    path = held(Visitor(coach.http), coach).path
    other = Visitor.signed_in(client)

    for page in ("", "/paid", "/status.json", "/session.ics", "/cancel", "/move"):
        assert other.get(path + page).status == 404
    for form in ("/pay", "/cancel", "/move"):
        assert other.post(path + form, {"csrf_token": other.csrf_token()}).status == 404


def test_looking_changes_nothing(shop: Shop, coach: Person) -> None:
    visitor = Visitor(coach.http)
    path = paid_page(shop, visitor, coach)
    before = last_booking(shop).updated_at

    for page in ("", "/paid", "/status.json", "/session.ics", "/cancel", "/move"):
        visitor.get(path + page)

    assert last_booking(shop).updated_at == before
