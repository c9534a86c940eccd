"""Cancellation policy: deadlines of changes and refund percentages. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from app.money.money import Money


@dataclass(frozen=True)
class Tier:
    """A tier: cancel at least `hours_before` the start, get `refund_percent` back."""

    hours_before: int
    refund_percent: int


@dataclass(frozen=True)
class Policy:
    """The coach's policy at booking time."""

    tiers: tuple[Tier, ...]
    client_notice_minutes: int
    coach_notice_minutes: int

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        return cls(
            tiers=tuple(Tier(**tier) for tier in stored["tiers"]),
            client_notice_minutes=stored["client_notice_minutes"],
            coach_notice_minutes=stored["coach_notice_minutes"],
        )

    def refund_percent(self, start: datetime, at: datetime) -> int:
        """The refund percentage for a client who cancels at `at`: that of the best tier still met."""
        kept = [tier for tier in self.tiers if start - at >= timedelta(hours=tier.hours_before)]
        return max(kept, key=lambda tier: tier.hours_before).refund_percent if kept else 0

    def client_may_change_until(self, start: datetime) -> datetime:
        return start - timedelta(minutes=self.client_notice_minutes)

    def coach_may_change_until(self, start: datetime) -> datetime:
        return start - timedelta(minutes=self.coach_notice_minutes)


@dataclass(frozen=True)
class Cancelling:
    """The refund of a cancellation."""

    percent: int
    refund: Money
