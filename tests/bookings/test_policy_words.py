"""The cancellation policy in sentences."""

import pytest

from app.bookings.policy import Policy, Tier
from app.bookings.policy_words import sentences


@pytest.mark.parametrize(
    ("tiers", "notice", "said"),
    [
        (
            [(24, 100), (0, 0)],
            0,
            [
                "Cancel at least 24 hours before the session and you get the full amount back.",
                "Later, you get nothing back.",
            ],
        ),
        (
            [(12, 50), (72, 100)],
            120,
            [
                "Cancel at least 3 days before the session and you get the full amount back.",
                "At least 12 hours before it, you get 50 % back.",
                "Later, you get nothing back.",
                "You can cancel or move a session until 2 hours before it begins.",
            ],
        ),
        (
            [(0, 100)],
            90,
            [
                "If you cancel before the session begins, you get the full amount back.",
                "You can cancel or move a session until 90 minutes before it begins.",
            ],
        ),
        ([(48, 0), (0, 0)], 0, ["If you cancel before the session begins, you get nothing back."]),
        (
            [(48, 100), (1, 100)],
            0,
            [
                "Cancel at least 1 hour before the session and you get the full amount back.",
                "Later, you get nothing back.",
            ],
        ),
    ],
)
def test_a_policy_in_sentences(tiers: list[tuple[int, int]], notice: int, said: list[str]) -> None:
    policy = Policy(tuple(Tier(hours, percent) for hours, percent in tiers), notice, 0)

    assert sentences(policy) == said
