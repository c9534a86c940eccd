"""Bookings that are paid need the shop, and mails that are read the post."""

from tests.emails.conftest import post
from tests.payments.conftest import shop

__all__ = ["post", "shop"]
