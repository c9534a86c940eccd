"""What bookings ask about the money paid for them. The payments implement it; `create_app` hands it in."""

from typing import Protocol

from flask import Flask, current_app

from app.bookings.models import Booking
from app.money.money import Money


class Refunds(Protocol):
    """The money of bookings that are cancelled."""

    def refundable(self, booking: Booking) -> Money:
        """What of a booking's price has not gone back yet, nor is on its way."""

    def refund_cancelled(self, booking: Booking, amount: Money) -> str | None:
        """Refund so much of a locked booking, in the transaction that cancels it.

        Returns why it does not go back, in words for the client; None if it does, or nothing is due.
        """


def init_app(app: Flask, refunds: Refunds) -> None:
    app.extensions["refunds"] = refunds


def current_refunds() -> Refunds:
    """Of the application that is at work."""
    refunds: Refunds = current_app.extensions["refunds"]
    return refunds
