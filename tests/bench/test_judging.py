"""What the bench makes of what it sees."""

from datetime import UTC, datetime, timedelta

import pytest

from bench.plans import MANY, Plan
from bench.scenes import Answer, Wish, wrongs

NINE = datetime(2030, 1, 1, 9, tzinfo=UTC)
TOLD = """Limit  (cost=0.00..1.00 rows=1)
  Buffers: shared hit=3 read=2
  ->  Parallel Seq Scan on booking  (cost=0.00..1.00 rows=1)
        Buffers: shared hit=3 read=2
Planning:
  Buffers: shared hit=100
"""


def test_a_plan_tells_the_pages_it_read_and_the_large_tables_it_read_whole() -> None:
    assert Plan(TOLD, frozenset({"booking"})).pages == 5
    assert Plan(TOLD, frozenset({"booking"})).scanned == ["booking"]
    assert Plan(TOLD, frozenset({"email"})).scanned == []


@pytest.mark.parametrize("rows", [19_999, 20_000])
def test_a_plan_that_sorts_or_passes_over_many_rows_is_at_fault(rows: int) -> None:
    sort = f"""Limit  (cost=0.00..1.00) (actual rows=21.00 loops=1)
  ->  Sort  (cost=0.00..1.00) (actual rows=21.00 loops=1)
        Sort Key: created_at
        ->  Index Scan using ix on booking  (cost=0.00..1.00) (actual rows={rows}.00 loops=1)
"""
    passing = f"""Index Scan using ix on booking  (cost=0.00..1.00) (actual rows=1.00 loops=1)
  Rows Removed by Filter: {rows}
"""

    faults = Plan(sort, frozenset()).faults + Plan(passing, frozenset()).faults

    assert faults == (["sorts 20,000 rows", "passes over 20,000 rows"] if rows == MANY else [])


def test_one_winner_and_refusals_are_right() -> None:
    assert list(wrongs([_answer(201, client=1), _answer(409, client=2)])) == []


def test_two_winners_of_one_time_are_wrong() -> None:
    assert "were both given" in next(wrongs([_answer(201, client=1), _answer(201, client=2, minutes=30)]))


def test_a_time_that_is_refused_to_everybody_is_wrong() -> None:
    answers = [_answer(201, client=1), _answer(409, client=2, minutes=90)]

    assert "nobody got it" in next(wrongs(answers))


def test_any_other_answer_is_wrong() -> None:
    assert list(wrongs([_answer(500, client=1)])) == ["an answer was 500"]


def _answer(status: int, client: int, minutes: int = 0) -> Answer:
    return Answer(Wish(client, 1, NINE + timedelta(minutes=minutes)), status, 0.1)
