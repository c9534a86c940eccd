"""A cancellation policy in sentences for the client. Pure."""

from collections.abc import Iterator
from itertools import groupby

from app.bookings.policy import Policy, Tier
from app.http.schema_types import counted

_DAY = 24


def sentences(policy: Policy) -> list[str]:
    """The policy as a client reads it before booking."""
    return [*_refunds(_steps(policy)), *_notice(policy)]


def _steps(policy: Policy) -> list[Tier]:
    """The tiers, earliest first, down to the start of the session; equal neighbours are one."""
    known = sorted(policy.tiers, key=lambda tier: -tier.hours_before)
    if known[-1].hours_before:
        known.append(Tier(0, 0))
    return [list(equal)[-1] for _, equal in groupby(known, key=lambda tier: tier.refund_percent)]


def _refunds(steps: list[Tier]) -> Iterator[str]:
    first, *later = steps
    if not later:
        yield f"If you cancel before the session begins, you get {_share(first)} back."
        return
    yield f"Cancel at least {_before(first)} before the session and you get {_share(first)} back."
    for tier in later[:-1]:
        yield f"At least {_before(tier)} before it, you get {_share(tier)} back."
    yield f"Later, you get {_share(later[-1])} back."


def _notice(policy: Policy) -> Iterator[str]:
    minutes = policy.client_notice_minutes
    if minutes:
        length = _before(Tier(minutes // 60, 0)) if minutes % 60 == 0 else counted(minutes, "minute")
        yield f"You can cancel or move a session until {length} before it begins."


def _share(tier: Tier) -> str:
    return {0: "nothing", 100: "the full amount"}.get(tier.refund_percent, f"{tier.refund_percent} %")


def _before(tier: Tier) -> str:
    """36 hours, 2 days"""
    hours = tier.hours_before
    return counted(hours // _DAY, "day") if hours % _DAY == 0 and hours > _DAY else counted(hours, "hour")
