"""Invitations to the onboarding page."""

from dataclasses import dataclass


@dataclass
class Link:
    """Good for one visit within minutes; afterwards it leads to `refresh_url`."""

    account: str
    refresh_url: str
    return_url: str
    expires_at: int
    used: bool = False
