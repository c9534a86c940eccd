"""Settings that are one of a few words."""

from enum import StrEnum


class DisputeRecovery(StrEnum):
    """What happens to a transfer to a coach after a lost dispute of its payment."""

    REVERSE = "reverse"
    """It is reversed at the coach's account at Stripe."""
    DEBT = "debt"
    """The coach owes it: later payments stay here until it is settled."""


class HstsScope(StrEnum):
    """The hosts that browsers open only over HTTPS, for two years (Strict-Transport-Security)."""

    HOST = "host"
    """This host only."""
    SUBDOMAINS = "subdomains"
    """This host and its subdomains."""
    PRELOAD = "preload"
    """As above, and for browsers' preload lists, to which the domain's owner submits it."""
