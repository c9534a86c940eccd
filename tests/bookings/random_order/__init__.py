"""Bookings and payments in random order, compared with a slow and obvious model of them."""

import pytest

WITH_ASSERTIONS = ("actions", "background", "checks", "listings", "world")

pytest.register_assert_rewrite(*(f"{__name__}.{name}" for name in WITH_ASSERTIONS))
