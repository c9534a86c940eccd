"""Descriptions of pages for search engines, in the words of schema.org."""

from typing import Any

from app.coaches.models import Coach
from app.money.money import Money


def of_coach(coach: Coach, address: str) -> dict[str, Any]:
    """The coach's sessions as a Service with an Offer for each length."""
    return {
        "@context": "https://schema.org",
        "@type": "Service",
        "name": coach.headline or f"Coaching with {coach.name}",
        "description": coach.bio,
        "serviceType": "Coaching session",
        "url": address,
        "provider": {"@type": "Person", "name": coach.name, "knowsLanguage": coach.languages},
        "availableChannel": {"@type": "ServiceChannel", "serviceUrl": address},
        "offers": [_offer(minutes, price, address) for minutes, price in coach.session_prices],
    }


def _offer(minutes: int, price: Money, address: str) -> dict[str, str]:
    return {
        "@type": "Offer",
        "name": f"Session of {minutes} minutes",
        "price": f"{price.major:f}",
        "priceCurrency": price.currency,
        "url": f"{address}?minutes={minutes}",
    }
