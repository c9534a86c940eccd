"""The terms that a payment is made on: copied onto it, so that later changes do not rewrite the past."""

from flask import current_app

from app.config import Settings
from app.money import Money
from app.payments.shares import commission_on


def commission(price: Money) -> Money:
    """Our part of a price, by COMMISSION_PERCENT."""
    settings: Settings = current_app.extensions["settings"]
    return commission_on(price, settings.commission_percent)
