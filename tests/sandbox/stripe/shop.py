"""A shop that sells on Checkout, and the payer who comes to its page."""

from typing import Any, Self

import httpx
import stripe
from stripe.checkout import Session

from tests.sandbox.stripe.receiver import Receiver

PAYS = "4242424242424242"
DECLINED = "4000000000000002"
ASKS = "4000002500003155"
SUCCESS = "https://shop.example/paid?session={CHECKOUT_SESSION_ID}"


class Shop:
    """The real `stripe` client, a browser, and the controls of the fake Stripe."""

    def __init__(self, url: str, receiver: Receiver) -> None:
        self.url = url
        self.receiver = receiver
        self.stripe = self.client("sk_test_sandbox")
        self.browser = httpx.Client(timeout=10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.browser.close()

    def client(self, key: str, **options: Any) -> stripe.StripeClient:
        """Another client of the same Stripe."""
        return stripe.StripeClient(key, base_addresses={"api": self.url}, **options)

    def wants(self, **params: Any) -> dict[str, Any]:
        """Parameters of a session for one coaching hour at 75 euros."""
        return {
            "mode": "payment",
            "line_items": [self.item(75_00, "eur")],
            "success_url": SUCCESS,
            "cancel_url": "https://shop.example/cart",
            **params,
        }

    def item(self, amount: int, currency: str, name: str = "Coaching, 60 minutes") -> dict[str, Any]:
        """A line item."""
        price = {"currency": currency, "unit_amount": amount, "product_data": {"name": name}}
        return {"price_data": price, "quantity": 1}

    def opens(self, **params: Any) -> Session:
        """A session at Stripe."""
        return self.stripe.v1.checkout.sessions.create(self.wants(**params))  # type: ignore[arg-type]

    def session(self, session: Session, *expand: str) -> Session:
        """The session as it is now."""
        return self.stripe.v1.checkout.sessions.retrieve(session.id, {"expand": list(expand)})

    def pays(self, session: Session, card: str = PAYS, **fields: str) -> httpx.Response:
        """The payer types a card on the page and presses the button."""
        typed = {
            "email": "payer@example.com",
            "card_number": card,
            "expiry": "12 / 40",
            "cvc": "1234" if card.startswith("37") else "123",
            "name": "Pat Payer",
            "postal_code": "75001",
        }
        return self.browser.post(f"{self.url}/c/pay/{session.id}", data=typed | fields)

    def debits(self, session: Session, account: str, **fields: str) -> httpx.Response:
        """The payer chooses SEPA Direct Debit on the page and types an IBAN."""
        typed = {
            "payment_method_type": "sepa_debit",
            "email": "payer@example.com",
            "iban": account,
            "account_holder": "Pat Payer",
        }
        return self.browser.post(f"{self.url}/c/pay/{session.id}", data=typed | fields)

    def authenticates(self, session: Session, outcome: str) -> httpx.Response:
        """The payer presses `accept` or `refuse` at the 3-D Secure step."""
        return self.browser.post(f"{self.url}/c/pay/{session.id}/authenticate", data={"outcome": outcome})

    def paid(self, card: str = PAYS, **params: Any) -> Session:
        """A session that was paid, with its intent and charge."""
        session = self.opens(**params)
        assert self.pays(session, card).status_code == 303
        return self.session(session, "payment_intent.latest_charge")

    def refunds(self, session: Session, **params: Any) -> stripe.Refund:
        """A refund of a paid session."""
        wanted = {"payment_intent": intent(session).id, **params}
        return self.stripe.v1.refunds.create(wanted)  # type: ignore[arg-type]

    def control(self, path: str, /, **body: Any) -> Any:
        """Press a button of the sandbox."""
        answer = self.browser.post(f"{self.url}/_sandbox{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def look(self, path: str, /, **query: str) -> Any:
        """Read something from the sandbox's controls."""
        return self.browser.get(f"{self.url}/_sandbox{path}", params=query).json()


def intent(session: Session) -> stripe.PaymentIntent:
    """The expanded payment intent."""
    assert isinstance(session.payment_intent, stripe.PaymentIntent)
    return session.payment_intent


def charge(session: Session) -> stripe.Charge:
    """The expanded charge."""
    found = intent(session).latest_charge
    assert isinstance(found, stripe.Charge)
    return found
