"""How long a time is held without a payment."""

from datetime import timedelta

HOLD_DURATION = timedelta(minutes=15)
"""The hold of a new booking, until the client opens Stripe's payment page."""
CHECKOUT_DURATION = timedelta(minutes=35)
"""Lifetime of a Checkout session: Stripe's minimum of 30 minutes, plus time to repeat a lost order."""
HOLD_AFTER_CHECKOUT = timedelta(minutes=2)
"""How long the hold outlives the session, so that the event of a last-minute payment arrives in time."""
MAX_HOLD_DURATION = timedelta(minutes=90)
"""The longest hold: opening payment pages repeatedly must not block a time permanently."""
