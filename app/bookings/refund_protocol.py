"""The protocol by which bookings request refunds. `app.payments` implements it; `create_app` registers it."""

from typing import Protocol

from flask import Flask, current_app

from app.bookings.models import Booking
from app.money.money import Money


class Refunds(Protocol):
    """Refunds of cancelled bookings."""

    def refundable(self, booking: Booking) -> Money:
        """The part of a booking's price that is neither refunded nor being refunded."""

    def refund_cancelled(self, booking: Booking, amount: Money) -> str | None:
        """Refund an amount of a locked booking, in the transaction that cancels it.

        Returns why no refund is made, in words for the client; None if it is made or nothing is due.
        """


def init_app(app: Flask, refunds: Refunds) -> None:
    app.extensions["refunds"] = refunds


def current_refunds() -> Refunds:
    """The implementation of the current application."""
    refunds: Refunds = current_app.extensions["refunds"]
    return refunds
