"""Settings that are one of a few words."""

from enum import StrEnum


class DisputeRecovery(StrEnum):
    """What becomes of money that Stripe sent on to a coach, and that a lost dispute has taken from us."""

    REVERSE = "reverse"
    """It is taken back from the coach's account at Stripe."""
    DEBT = "debt"
    """The coach owes it: later payments stay here until it is settled."""


class HstsScope(StrEnum):
    """Which names browsers open by HTTPS alone, for two years, once they saw an answer of production."""

    HOST = "host"
    """The one that answered."""
    SUBDOMAINS = "subdomains"
    """Every name below it as well."""
    PRELOAD = "preload"
    """The same, and browsers may know it before they saw an answer: whoever runs the domain sends it in."""
