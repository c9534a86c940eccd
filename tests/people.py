"""The people who use CultureBridge, as they meet it: over HTTP, on the payment page, in their mailbox."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from threading import Event
from typing import Any, Self
from uuid import UUID, uuid4

import httpx
from itsdangerous import TimestampSigner

from tests.environment import SECRET_KEY
from tests.waiting import PATIENCE

Checkout = dict[str, Any]
"""What POST /payment/checkout answers."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PASSWORD = "correct horse battery"
PAID = "https://example.com/paid?session={CHECKOUT_SESSION_ID}"
CARD = "4242424242424242"
DECLINED, ASKS_FOR_3DS = "4000000000000002", "4000002500003155"


def patiently(ask: Callable[[], httpx.Response]) -> httpx.Response:
    """What is answered in the end: who is told 503 and when to come again does so, twenty times at most.

    A crowd is told so where its turns, one after the other, take longer than a request may wait for them.
    """
    for _ in range(20):
        answer = ask()
        if answer.status_code != 503 or "Retry-After" not in answer.headers:
            break
        Event().wait(int(answer.headers["Retry-After"]))
    return answer


def _tokens(http: httpx.Client, email: str, password: str) -> dict[str, str]:
    login = {"email": email, "password": password}
    tokens: dict[str, str] = patiently(lambda: http.post("/auth/login", json=login)).json()
    return tokens


@dataclass
class Person:
    """Somebody signed in."""

    http: httpx.Client
    id: str
    email: str
    token: str
    refresh_token: str = ""

    @classmethod
    def registered(
        cls,
        http: httpx.Client,
        role: str,
        time_zone: str = "UTC",
        name: str | None = None,
        proven: bool = True,
    ) -> Self:
        """Somebody new; a coach has followed the link in the mail, unless told."""
        email = f"{role}-{uuid4().hex[:12]}@example.com"
        person = {
            "email": email,
            "password": PASSWORD,
            "name": name or f"{role.title()} {email[-16:-12]}",
            "role": role,
            "time_zone": time_zone,
        }
        answer = patiently(lambda: http.post("/auth/register", json=person))
        assert answer.status_code == 201, answer.text
        tokens = _tokens(http, email, PASSWORD)
        newcomer = cls(http, answer.json()["id"], email, tokens["access_token"], tokens["refresh_token"])
        if role == "coach" and proven:
            newcomer.prove_address()
        return newcomer

    @classmethod
    def signed_in(cls, http: httpx.Client, email: str, password: str) -> Self:
        tokens = _tokens(http, email, password)
        me = http.get("/auth/me", headers={"Authorization": f"Bearer {tokens['access_token']}"}).json()
        return cls(http, me["id"], email, tokens["access_token"], tokens["refresh_token"])

    def prove_address(self) -> None:
        """Follow the link in the mail to a new account, whether or not a worker sends it."""
        salt = f"proof of the address {self.email}"
        signer = TimestampSigner(SECRET_KEY, salt, key_derivation="hmac", digest_method=sha256)
        token = signer.sign(UUID(self.id).hex).decode()
        answer = patiently(lambda: self.post("/auth/verify", json={"token": token}))
        assert answer.status_code == 200 or "was used already" in answer.text, answer.text

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **request.pop("headers", {})}
        return self.http.request(method, path, headers=headers, **request)

    def get(self, path: str, **request: Any) -> httpx.Response:
        return self.ask("GET", path, **request)

    def post(self, path: str, **request: Any) -> httpx.Response:
        return self.ask("POST", path, **request)

    def open_for_business(self, **profile: Any) -> Self:
        """Set a rate and be there around the clock."""
        profile = {"hourly_rate": 75, "currency": "EUR", "minimum_notice_minutes": 0} | profile
        assert self.ask("PATCH", "/coach/me", json=profile).status_code == 200
        weekly = [{"weekday": day, "start_time": "00:00", "end_time": "00:00"} for day in WEEKDAYS]
        answer = self.ask("PUT", "/coach/me/availability", json={"weekly": weekly})
        assert answer.status_code == 200, answer.text
        return self

    def wish(self, coach: "Person", at: datetime, minutes: int = 60, **more: Any) -> httpx.Response:
        """Ask for a session."""
        wish = {"coach_id": coach.id, "session_datetime": at.isoformat(), "duration_minutes": minutes, **more}
        return self.post("/booking", json=wish)

    def books(self, coach: "Person", at: datetime | None = None, minutes: int = 60) -> dict[str, Any]:
        answer = self.wish(coach, at or next_week(), minutes)
        assert answer.status_code == 201, answer.text
        booking: dict[str, Any] = answer.json()
        return booking

    def wish_series(self, coach: "Person", at: datetime, sessions: int = 3, **more: Any) -> httpx.Response:
        """Ask for the same hour week by week."""
        wish = {"coach_id": coach.id, "session_datetime": at.isoformat(), "duration_minutes": 60}
        return self.post("/booking/series", json=wish | {"sessions": sessions} | more)

    def books_series(self, coach: "Person", sessions: int = 3) -> dict[str, Any]:
        answer = self.wish_series(coach, next_week(), sessions)
        assert answer.status_code == 201, answer.text
        series: dict[str, Any] = answer.json()
        return series

    def checks_out(self, booking: dict[str, Any], success_url: str = PAID) -> dict[str, Any]:
        """Ask for the payment page of a booking, or of a series."""
        wish = {
            ("series_id" if "items" in booking else "booking_id"): booking["id"],
            "success_url": success_url,
            "cancel_url": "https://example.com/cancelled",
        }
        answer = self.post("/payment/checkout", json=wish)
        assert answer.status_code in {200, 201}, answer.text
        checkout: dict[str, Any] = answer.json()
        return checkout

    def booking(self, booking: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/booking/{booking['id']}").json()
        return found

    def payment(self, checkout: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/payment/{checkout['payment_id']}").json()
        return found


@dataclass
class Sandbox:
    """The fake Stripe and the mailbox, from outside."""

    stripe_url: str
    mailbox_url: str
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=PATIENCE))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def answers(self) -> bool:
        try:
            self.http.get(f"{self.stripe_url}/_sandbox/health").raise_for_status()
            self.http.get(f"{self.mailbox_url}/api/messages").raise_for_status()
        except httpx.HTTPError:
            return False
        return True

    def pays(self, checkout: dict[str, Any], card: str = CARD) -> httpx.Response:
        """What a payer's browser does: fill in the form, send it."""
        form = {
            "email": "payer@example.com",
            "card_number": card,
            "expiry": "12/49",
            "cvc": "123",
            "name": "Pat Payer",
            "postal_code": "75001",
        }
        return self.http.post(checkout["url"], data=form)

    def debits(self, checkout: Checkout, iban: str) -> httpx.Response:
        """The payer chooses SEPA Direct Debit and types the number of an account."""
        form = {
            "payment_method_type": "sepa_debit",
            "email": "payer@example.com",
            "iban": iban,
            "account_holder": "Pat Payer",
        }
        return self.http.post(checkout["url"], data=form)

    def authenticates(self, checkout: dict[str, Any], outcome: str) -> httpx.Response:
        """The 3-D Secure page's two buttons: accept or refuse."""
        return self.http.post(f"{checkout['url']}/authenticate", data={"outcome": outcome})

    def control(self, path: str, /, **body: Any) -> Any:
        answer = self.http.post(f"{self.stripe_url}/_sandbox{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def mail_fails(self, **fault: Any) -> None:
        """Let the mailbox's SMTP server refuse."""
        self.http.post(f"{self.mailbox_url}/_sandbox/faults", json=fault).raise_for_status()

    def behaves(self) -> None:
        """Nothing goes wrong any more."""
        self.control("/deliveries/rule", mode="normal")
        self.http.delete(f"{self.stripe_url}/_sandbox/faults").raise_for_status()
        self.http.delete(f"{self.mailbox_url}/_sandbox/faults").raise_for_status()

    def mails_to(self, address: str) -> list[dict[str, Any]]:
        mails: list[dict[str, Any]] = self.http.get(
            f"{self.mailbox_url}/api/messages", params={"to": address}
        ).json()["items"]
        return mails


def next_week(hour: int = 10) -> datetime:
    """A full hour seven days from now, UTC."""
    day = datetime.now(UTC) + timedelta(days=7)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0)
