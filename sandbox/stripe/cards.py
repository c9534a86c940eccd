"""Stripe's test cards and what each of them does (Stripe: "Test cards")."""

from dataclasses import dataclass

from sandbox.stripe.payers import Instrument, OnRefund, Payer


@dataclass(frozen=True)
class Decline:
    """Why an issuer says no, as Stripe reports it."""

    code: str
    decline_code: str
    message: str
    advice: str | None = "try_again_later"


@dataclass(frozen=True)
class TestCard(Instrument):
    """A card number's brand and behaviour."""

    brand: str = "visa"
    country: str = "US"
    funding: str = "credit"
    decline: Decline | None = None
    challenge: bool = False  # asks for 3-D Secure


@dataclass(frozen=True)
class CardHolder(Payer):
    """What the payer typed of a card, the number excepted."""

    exp_month: int
    exp_year: int


@dataclass(frozen=True)
class Challenge:
    """A 3-D Secure step that the payer has yet to take."""

    card: TestCard
    payer: CardHolder


GENERIC = Decline("card_declined", "generic_decline", "Your card was declined.")
FUNDS = Decline("card_declined", "insufficient_funds", "Your card has insufficient funds.")
LOST = Decline("card_declined", "lost_card", "Your card was declined.", "do_not_try_again")
STOLEN = Decline("card_declined", "stolen_card", "Your card was declined.", "do_not_try_again")
EXPIRED = Decline("expired_card", "expired_card", "Your card has expired.", "do_not_try_again")
CVC = Decline(
    "incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect.", "confirm_card_data"
)
PROCESSING = Decline(
    "processing_error",
    "processing_error",
    "An error occurred while processing your card. Try again in a little bit.",
)
NOT_A_TEST_CARD = Decline(
    "card_declined",
    "test_mode_live_card",
    "Your card was declined. Your request was in test mode, but used a non test card. For a list of valid "
    "test cards, visit: https://stripe.com/docs/testing. (4242 4242 4242 4242 pays.)",
    None,
)

TEST_CARDS = {
    "4242424242424242": TestCard(),
    "4000056655665556": TestCard(funding="debit"),
    "5555555555554444": TestCard(brand="mastercard"),
    "2223003122003222": TestCard(brand="mastercard"),
    "5200828282828210": TestCard(brand="mastercard", funding="debit"),
    "5105105105105100": TestCard(brand="mastercard", funding="prepaid"),
    "378282246310005": TestCard(brand="amex"),
    "371449635398431": TestCard(brand="amex"),
    "6011111111111117": TestCard(brand="discover"),
    "3056930009020004": TestCard(brand="diners"),
    "3566002020360505": TestCard(brand="jcb", country="JP"),
    "6200000000000005": TestCard(brand="unionpay", country="CN"),
    "4000000000000077": TestCard(available_at_once=True),
    "4000000000000002": TestCard(decline=GENERIC),
    "4000000000009995": TestCard(decline=FUNDS),
    "4000000000009987": TestCard(decline=LOST),
    "4000000000009979": TestCard(decline=STOLEN),
    "4000000000000069": TestCard(decline=EXPIRED),
    "4000000000000127": TestCard(decline=CVC),
    "4000000000000119": TestCard(decline=PROCESSING),
    "4000002500003155": TestCard(challenge=True),
    "4000000000003184": TestCard(challenge=True),
    "4000002760003184": TestCard(challenge=True, country="DE"),
    "4000000000003220": TestCard(challenge=True),
    "4000008400001629": TestCard(challenge=True, decline=GENERIC),
    "4000008260003178": TestCard(challenge=True, decline=FUNDS, country="GB"),
    "4000000000000259": TestCard(dispute="fraudulent"),
    "4000000000002685": TestCard(dispute="product_not_received"),
    "4000000000001976": TestCard(dispute="fraudulent", inquiry=True),
    "4000000000007726": TestCard(on_refund=OnRefund.PENDS),
    "4000000000005126": TestCard(on_refund=OnRefund.FAILS),
}


def card_of(number: str) -> TestCard:
    """The behaviour of a number; one that is no test card is declined."""
    return TEST_CARDS.get(number) or TestCard(decline=NOT_A_TEST_CARD)
