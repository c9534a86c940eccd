"""Retry delays: growing, jittered, and bounded even after weeks of retries."""

from datetime import timedelta

import pytest

from app.queue.backoff import RetryPolicy

SECOND = timedelta(seconds=1)
POLICY = RetryPolicy(first=2 * SECOND, longest=60 * SECOND, max_attempts=12)


@pytest.mark.parametrize(("attempts", "longest"), [(1, 2), (2, 4), (5, 32), (6, 60), (12, 60)])
def test_the_pause_doubles_up_to_its_bound_and_half_of_it_is_random(attempts: int, longest: int) -> None:
    pauses = {POLICY.delay(attempts) for _ in range(100)}

    assert min(pauses) >= longest * SECOND / 2
    assert max(pauses) <= longest * SECOND
    assert len(pauses) > 50


def test_after_the_last_attempt_there_is_no_pause() -> None:
    assert POLICY.delay_unless_last(11) is not None
    assert [POLICY.delay_unless_last(attempts) for attempts in (12, 13)] == [None, None]
    assert [POLICY.is_exceeded(attempts) for attempts in (12, 13)] == [False, True]


def test_what_is_never_given_up_has_a_pause_after_any_number_of_attempts() -> None:
    """A refund that is tried once an hour has 1,024 attempts after six weeks, a job in a day."""
    endless = RetryPolicy(first=2 * SECOND, longest=3600 * SECOND)

    for attempts in (1_023, 1_024, 1_000_000):
        pause = endless.delay_unless_last(attempts)
        assert pause is not None
        assert 1800 * SECOND <= pause <= 3600 * SECOND
    assert not endless.is_exceeded(1_000_000)
