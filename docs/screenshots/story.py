"""What the screenshots show: a client with bookings in each state, made through the API as a client would."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

API, STRIPE, MAILBOX = "http://localhost:8000", "http://localhost:12111", "http://localhost:8025"
CARD = {
    "email": "client@test.com",
    "card_number": "4242424242424242",
    "expiry": "12/40",
    "cvc": "123",
    "name": "Sam Carter",
    "postal_code": "75001",
}
PATIENCE = 60.0


@dataclass
class Client:
    """The demo client, signed in."""

    http: httpx.Client

    @classmethod
    def signed_in(cls) -> "Client":
        http = httpx.Client(base_url=API, timeout=30)
        login = {"email": "client@test.com", "password": "password"}
        token = http.post("/auth/login", json=login).raise_for_status().json()["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        return cls(http)

    def open_checkout(self) -> tuple[str, str]:
        """Hold the first free time of a coach: the booking's id, and the address of its payment page."""
        coach: str = self._get("/coach", q="Amara")["items"][0]["id"]
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        window = {"from": tomorrow.isoformat(), "to": (tomorrow + timedelta(days=4)).isoformat()}
        start: str = self._get(f"/coach/{coach}/slot", duration_minutes="60", **window)["items"][0]["start"]
        wish = {
            "coach_id": coach,
            "session_datetime": start,
            "duration_minutes": 60,
            "notes": "My first session",
        }
        booking = self.http.post("/booking", json=wish).raise_for_status().json()["id"]
        order = {
            "booking_id": booking,
            "success_url": "https://example.com/paid",
            "cancel_url": "https://example.com/cancelled",
        }
        return booking, self.http.post("/payment/checkout", json=order).raise_for_status().json()["url"]

    def pay(self, booking: str, page: str) -> None:
        """Pay with a test card, and wait until the booking is confirmed."""
        httpx.post(page, data=CARD, timeout=30)
        ends = time.monotonic() + PATIENCE
        while self._get(f"/booking/{booking}")["status"] != "confirmed":
            if time.monotonic() > ends:
                raise TimeoutError("the booking was not confirmed")
            time.sleep(0.2)

    def _get(self, path: str, **query: str) -> Any:
        return self.http.get(path, params=query).raise_for_status().json()


def confirmation() -> int:
    """The number of the client's newest confirmation in the mailbox, once it is there."""
    ends = time.monotonic() + PATIENCE
    query = {"to": "client@test.com", "subject": "Confirmed"}
    while time.monotonic() < ends:
        if found := httpx.get(f"{MAILBOX}/api/messages", params=query).json()["items"]:
            return int(found[0]["id"])
        time.sleep(0.2)
    raise TimeoutError("no confirmation arrived")
