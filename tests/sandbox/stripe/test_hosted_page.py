"""The page where a payer types a card, and what each test card does there."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.sandbox.stripe.shop import ASKS, DECLINED, PAYS, Shop, charge, intent
from tests.waiting import wait_until


def test_the_page_shows_what_is_sold(shop: Shop) -> None:
    session = shop.opens(line_items=[shop.item(7500, "eur", "An hour <b>with</b> Amara")])
    page = shop.browser.get(str(session.url)).text
    assert "Pay €75.00" in page
    assert "An hour &lt;b&gt;with&lt;/b&gt; Amara" in page
    assert 'href="https://shop.example/cart"' in page


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (7500, "jpy", "¥7,500"),
        (23_500, "kwd", "KWD 23.500"),
        (750_000, "isk", "ISK 7,500"),
        (99, "gbp", "£0.99"),
    ],
)
def test_the_amount_is_written_as_its_currency_is(shop: Shop, amount: int, currency: str, shown: str) -> None:
    session = shop.opens(line_items=[shop.item(amount, currency)])
    assert f"Pay {shown}" in shop.browser.get(str(session.url)).text


def test_paying_leads_back_to_the_shop(shop: Shop) -> None:
    session = shop.opens()
    answer = shop.pays(session)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"https://shop.example/paid?session={session.id}"


def test_a_payment_tells_its_story_in_events(shop: Shop) -> None:
    shop.paid()
    wait_until(lambda: len(shop.receiver.events) == 5)
    told = [event.type for event in shop.stripe.v1.events.list().data][::-1]
    assert told == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
        "charge.updated",
    ]


def test_the_shop_has_heard_before_the_payer_is_back(shop: Shop) -> None:
    shop.receiver.pause = 0.1
    shop.paid()
    assert "checkout.session.completed" in shop.receiver.types()


def test_what_was_said_at_checkout_reaches_intent_and_charge(shop: Shop) -> None:
    data = {"metadata": {"payment": "7"}, "description": "An hour", "receipt_email": "r@example.com"}
    session = shop.paid(payment_intent_data=data, metadata={"booking": "1"})
    for thing in (intent(session), charge(session)):
        assert thing.metadata.to_dict() == {"payment": "7"}
        assert (thing.description, thing.receipt_email) == ("An hour", "r@example.com")
    assert session.customer_details is not None
    assert session.customer_details.email == "payer@example.com"


@pytest.mark.parametrize(
    ("card", "brand"),
    [
        (PAYS, "visa"),
        ("5555555555554444", "mastercard"),
        ("378282246310005", "amex"),
        ("4000000000000077", "visa"),
    ],
)
def test_good_cards_pay(shop: Shop, card: str, brand: str) -> None:
    session = shop.paid(card)
    assert (session.status, session.payment_status) == ("complete", "paid")
    details = charge(session).payment_method_details
    assert details is not None
    assert details.card is not None
    assert (details.card.brand, details.card.last4) == (brand, card[-4:])


@pytest.mark.parametrize(
    ("card", "code", "decline_code", "message"),
    [
        (DECLINED, "card_declined", "generic_decline", "Your card was declined."),
        ("4000000000009995", "card_declined", "insufficient_funds", "Your card has insufficient funds."),
        ("4000000000000069", "expired_card", "expired_card", "Your card has expired."),
        ("4000000000000127", "incorrect_cvc", "incorrect_cvc", "security code is incorrect."),
        ("4000000000000119", "processing_error", "processing_error", "An error occurred while processing"),
        ("4111111111111111", "card_declined", "test_mode_live_card", "used a non test card"),
    ],
)
def test_bad_cards_are_declined(shop: Shop, card: str, code: str, decline_code: str, message: str) -> None:
    session = shop.opens()
    answer = shop.pays(session, card)
    assert answer.status_code == 200
    assert message in answer.text.replace("&#39;", "'")
    error = intent(shop.session(session, "payment_intent")).last_payment_error
    assert error is not None
    assert (error.code, error.decline_code) == (code, decline_code)
    wait_until(
        lambda: shop.receiver.times("charge.failed") and shop.receiver.times("payment_intent.payment_failed")
    )


def test_after_a_decline_the_same_intent_is_paid_with_another_card(shop: Shop) -> None:
    session = shop.opens()
    shop.pays(session, DECLINED)
    declined = shop.session(session, "payment_intent")
    assert (declined.status, intent(declined).status) == ("open", "requires_payment_method")
    shop.pays(session)
    paid = shop.session(session, "payment_intent")
    assert intent(paid).id == intent(declined).id
    assert intent(paid).last_payment_error is None
    assert len(shop.stripe.v1.events.list({"type": "payment_intent.created"}).data) == 1


def test_the_page_keeps_what_was_typed_but_the_security_code(shop: Shop) -> None:
    page = shop.pays(shop.opens(), DECLINED, cvc="987").text
    assert "payer@example.com" in page
    assert "Pat Payer" in page
    assert "987" not in page


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"card_number": "4242 4242 4242 4241"}, "Your card number is invalid."),
        ({"card_number": "4242"}, "Your card number is incomplete."),
        ({"expiry": "01/20"}, "Your card's expiration date is in the past."),
        ({"expiry": "13/40"}, "Your card's expiration date is invalid."),
        ({"expiry": "soon"}, "Your card's expiration date is incomplete."),
        ({"cvc": "12"}, "Your card's security code is incomplete."),
        ({"email": "nobody"}, "Your email is invalid."),
    ],
)
def test_a_typing_mistake_is_shown_and_nothing_is_tried(
    shop: Shop, fields: dict[str, str], message: str
) -> None:
    session = shop.opens()
    answer = shop.browser.post(
        str(session.url),
        data={"email": "p@example.com", "card_number": PAYS, "expiry": "12/40", "cvc": "123"} | fields,
    )
    assert message in answer.text.replace("&#39;", "'")
    assert shop.session(session).payment_intent is None


def test_3d_secure_accepted_pays(shop: Shop) -> None:
    session = shop.opens()
    assert "Complete authentication" in shop.pays(session, ASKS).text
    assert intent(shop.session(session, "payment_intent")).status == "requires_action"
    assert shop.authenticates(session, "accept").status_code == 303
    paid = shop.session(session, "payment_intent.latest_charge")
    assert paid.payment_status == "paid"
    assert charge(paid).payment_method_details.card.three_d_secure.result == "authenticated"  # type: ignore[union-attr]
    assert shop.stripe.v1.events.list({"type": "payment_intent.requires_action"}).data


def test_3d_secure_refused_asks_for_another_card(shop: Shop) -> None:
    session = shop.opens()
    shop.pays(session, ASKS)
    answer = shop.authenticates(session, "refuse")
    assert answer.status_code == 200
    assert "failed authentication" in answer.text
    error = intent(shop.session(session, "payment_intent")).last_payment_error
    assert error is not None
    assert error.code == "payment_intent_authentication_failure"
    assert shop.pays(session).status_code == 303


def test_3d_secure_accepted_may_still_be_declined(shop: Shop) -> None:
    session = shop.opens()
    shop.pays(session, "4000008400001629")
    assert "Your card was declined." in shop.authenticates(session, "accept").text
    assert shop.session(session).payment_status == "unpaid"


def test_authentication_cannot_be_answered_twice(shop: Shop) -> None:
    session = shop.opens()
    shop.pays(session, ASKS)
    assert [shop.authenticates(session, "accept").status_code for _ in range(2)] == [303, 303]
    assert len(shop.stripe.v1.charges.list().data) == 1


def test_a_form_sent_many_times_at_once_pays_once(shop: Shop) -> None:
    session = shop.opens()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: shop.pays(session), range(8)))
    assert {answer.status_code for answer in answers} == {303}
    assert len(shop.stripe.v1.charges.list().data) == 1
    assert len(shop.stripe.v1.events.list({"type": "checkout.session.completed"}).data) == 1


def test_a_paid_session_shows_that_it_is_paid(shop: Shop) -> None:
    session = shop.opens()
    shop.pays(session)
    assert "all done here" in shop.browser.get(f"{shop.url}/c/pay/{session.id}").text


def test_an_expired_session_cannot_be_paid(shop: Shop) -> None:
    session = shop.opens()
    shop.control("/clock", advance_seconds=24 * 3600 + 1)
    assert "expired" in shop.pays(session).text
    assert shop.session(session).status == "expired"
    assert shop.stripe.v1.charges.list().data == []
    wait_until(lambda: shop.receiver.times("checkout.session.expired") == 1)


def test_expiry_ends_the_intent_of_a_declined_payment(shop: Shop) -> None:
    session = shop.opens()
    shop.pays(session, DECLINED)
    shop.stripe.v1.checkout.sessions.expire(session.id)
    assert intent(shop.session(session, "payment_intent")).status == "canceled"


def test_a_prescribed_email_cannot_be_changed(shop: Shop) -> None:
    session = shop.opens(customer_email="client@example.com")
    shop.pays(session, email="other@example.com")
    details = shop.session(session).customer_details
    assert details is not None
    assert details.email == "client@example.com"


def test_an_unknown_session_is_a_404_page(shop: Shop) -> None:
    answer = shop.browser.get(f"{shop.url}/c/pay/cs_test_none")
    assert answer.status_code == 404
    assert "Something is missing" in answer.text


def test_the_receipt_shows_payment_and_refund(shop: Shop) -> None:
    session = shop.paid()
    shop.refunds(session, amount=2500)
    page = shop.browser.get(str(charge(session).receipt_url)).text
    assert "€75.00" in page
    assert "-€25.00" in page
    assert "€50.00" in page
