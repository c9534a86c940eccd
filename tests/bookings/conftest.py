"""Bookings that are paid need the shop."""

from tests.payments.conftest import shop

__all__ = ["shop"]
